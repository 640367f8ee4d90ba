"""``make screens``: a picture of every page with the demo's data, into ``docs/screens/``.

Each page light and dark, on a phone (360) and a desktop (1440), in Spanish; pages of businesses twice more in English,
on a light desktop and a dark phone. ``python -m tests.journeys.screens inbox`` makes only those whose name begins so,
``SCREENS_LANGUAGE=es`` (or ``en``) only those in one language; ``SCREENS_URL`` and ``SCREENS_SANDBOX_URL`` name a
program that runs already and has the demo in it, else one is started for the pictures and thrown away.
"""

import base64
import os
import sys
import time
from pathlib import Path

from playwright.sync_api import Error

from config.demo_people import PASSWORD
from tests.journeys.browser import DESKTOP, PHONE, chromium, chromium_path, visitor
from tests.journeys.stack import ROOT, DidNotStart, Stack
from tests.journeys.way import log_in

FOLDER = ROOT / "docs" / "screens"
LONGEST = 2000
QUALITY = 70
LOOKS = {
    "es": [(size, scheme) for size in ("desktop", "phone") for scheme in ("light", "dark")],
    "en": [("desktop", "light"), ("phone", "dark")],
}
"""English shows where words are longer or shorter; what colours do, Spanish has shown already."""
SIZES = {"desktop": DESKTOP, "phone": PHONE}

SPANISH = "es"
NOBODY, STAFF = "", "staff@umbral.example"
OWNER, AGENT = "carolina@enviosdelvalle.example", "lucia@enviosdelvalle.example"
ADVISER = "paula@puertasabiertas.example"
ENVIOS, JACARANDA, MIRADOR = "/b/envios-del-valle/", "/b/floreria-jacaranda/", "/b/optica-mirador/"
THEATRE = "/b/teatro-del-puerto/"
ADMIN = "/admin/onboarding/onboardingapplication/"
PERSON = "main tbody a[href*='/contacts/']"
WINDOW = "client_id=100000000000001&config_id=1&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%2F"


def click(selector, then="main h1"):
    """A way to a page: the first link that fits is followed, until ``then`` is there under another address."""

    def go(page):
        before = page.url
        page.locator(selector).first.click()
        page.wait_for_url(lambda url: url != before)
        page.locator(then).first.wait_for()

    return go


def badge(position):
    """To the page of a badge: the numbers, one of them, its badge."""

    def go(page):
        page.locator("main table a").nth(position).click()
        page.locator("main a[href$='/badge/']").click()
        page.locator("#badge-state").wait_for()

    return go


def channel(position):
    """To the checklist of a channel: the numbers, one of them, its checklist."""

    def go(page):
        page.locator("main table a").nth(position).click()
        page.locator("main a[href$='/channel/']").click()
        page.locator("[data-channel]").wait_for()

    return go


def rename(page):
    """To the wish for another display name: the numbers, one of them, its name."""
    page.locator("main table a").first.click()
    page.locator("main a[href$='/name/']").click()
    page.locator("main form [name=why]").wait_for()


def of_template(end):
    """To a page of the first approved template."""

    def go(page):
        page.locator(".template-line:has(.status.ok) a").first.click()
        page.locator(f"main a[href$='/{end}/']").first.click()
        page.locator(".language-columns, .version-pick, main p.muted").first.wait_for()

    return go


versions, languages = of_template("versions"), of_template("languages")


def builder(page):
    """From a refused template to its builder."""
    click(".template-line:has(.status.stop) a")(page)
    page.locator("a[href$='/edit/']").first.click()
    page.wait_for_load_state()


def proof(page):
    """From the list of permissions to what was agreed at a moment."""
    click(PERSON)(page)
    click("main a[href*='/proof/']")(page)


def advised(page):
    page.locator("[name=conversations_per_day]").fill("180")
    page.locator("[name=agents]").fill("9")
    page.locator("[name=platform]").first.check(force=True)
    page.locator("main form button").last.click()
    page.locator("#result").wait_for()


def with_errors(page):
    page.locator("main form .form-end button").click()
    page.locator(".error-summary").wait_for()


def chat(page):
    page.locator(".chats a", has_text="Marta Ospina").first.click()
    page.locator("[data-live=chats] a").first.click()
    page.locator("[data-live=thread]").wait_for()


# name, who looks, where, and what is done there first
PAGES = [
    ("home", NOBODY, "/", None),
    ("advisor", NOBODY, "/advisor/", None),
    ("advisor-result", NOBODY, "/advisor/", advised),
    ("sign-up", NOBODY, "/accounts/signup/", None),
    ("log-in", NOBODY, "/accounts/login/", None),
    ("password-reset", NOBODY, "/accounts/password/reset/", None),
    ("privacy", NOBODY, "/privacy/", None),
    ("accessibility", NOBODY, "/accessibility/", None),
    ("not-found", NOBODY, "/no-such-page/", None),
    ("businesses", ADVISER, "/start/", None),
    ("business-new", ADVISER, "/new/", None),
    ("apply", ADVISER, f"{JACARANDA}onboarding/", None),
    ("apply-screening", ADVISER, f"{JACARANDA}onboarding/step/screening/", None),
    ("apply-verdict", ADVISER, "/b/botica-san-telmo/onboarding/verdict/", None),
    ("apply-signing", ADVISER, f"{JACARANDA}onboarding/step/signing/", None),
    ("apply-company", ADVISER, f"{JACARANDA}onboarding/step/company/", None),
    ("apply-address", ADVISER, f"{JACARANDA}onboarding/step/address/", None),
    ("apply-documents", ADVISER, f"{JACARANDA}onboarding/step/documents/", None),
    ("apply-colleague", ADVISER, f"{JACARANDA}onboarding/colleagues/", None),
    ("connect", ADVISER, f"{JACARANDA}onboarding/connect/", None),
    ("further-numbers", OWNER, f"{ENVIOS}numbers/further/", None),
    ("signature-check", OWNER, f"{ENVIOS}onboarding/signature/", click("main a[href*='/signatures/']")),
    ("apply-facebook", ADVISER, f"{JACARANDA}onboarding/step/facebook/", None),
    ("apply-number", ADVISER, f"{JACARANDA}onboarding/step/number/", None),
    ("apply-name", ADVISER, f"{JACARANDA}onboarding/step/display-name/", None),
    ("apply-contact", ADVISER, f"{JACARANDA}onboarding/step/contact/", None),
    ("apply-errors", ADVISER, f"{JACARANDA}onboarding/step/contact/", with_errors),
    ("apply-check", ADVISER, f"{JACARANDA}onboarding/check/", None),
    ("timeline-review", ADVISER, "/b/ferreteria-tamayo/onboarding/", None),
    ("timeline-changes", ADVISER, f"{MIRADOR}onboarding/", None),
    ("timeline-verification", ADVISER, "/b/mudancas-ipe/onboarding/", None),
    ("timeline-name", ADVISER, "/b/hostal-la-azotea/onboarding/", None),
    ("timeline-rejected", ADVISER, "/b/suerte-express/onboarding/", None),
    ("timeline-live", OWNER, f"{ENVIOS}onboarding/timeline/", None),
    ("signature", OWNER, f"{ENVIOS}onboarding/signature/", None),
    ("activation", OWNER, f"{ENVIOS}onboarding/activation/", None),
    ("numbers", OWNER, f"{ENVIOS}numbers/", None),
    ("number", OWNER, f"{ENVIOS}numbers/", click("main table a")),
    ("number-name", OWNER, f"{ENVIOS}numbers/", rename),
    ("channel", OWNER, f"{ENVIOS}numbers/", channel(0)),
    ("channel-late", ADVISER, f"{THEATRE}numbers/", channel(2)),
    ("badge", OWNER, f"{ENVIOS}numbers/", badge(0)),
    ("badge-approved", ADVISER, f"{THEATRE}numbers/", badge(0)),
    ("badge-refused", ADVISER, f"{THEATRE}numbers/", badge(1)),
    ("templates", OWNER, f"{ENVIOS}templates/", None),
    ("template-new", OWNER, f"{ENVIOS}templates/new/", None),
    ("template", OWNER, f"{ENVIOS}templates/", click(".template-line:has(.status.ok) a")),
    ("template-rejected", OWNER, f"{ENVIOS}templates/", click(".template-line:has(.status.stop) a")),
    ("template-versions", OWNER, f"{ENVIOS}templates/", versions),
    ("template-languages", OWNER, f"{ENVIOS}templates/", languages),
    ("template-import", OWNER, f"{ENVIOS}templates/import/", None),
    ("template-builder", OWNER, f"{ENVIOS}templates/", builder),
    ("campaigns", OWNER, f"{ENVIOS}campaigns/", None),
    ("campaign-new", OWNER, f"{ENVIOS}campaigns/new/", None),
    ("campaign-report", OWNER, f"{ENVIOS}campaigns/", click("main tbody a", "main h1")),
    ("campaign-rules", OWNER, f"{ENVIOS}campaigns/rules/", None),
    ("usage", OWNER, f"{ENVIOS}usage/", None),
    ("budget-new", OWNER, f"{ENVIOS}usage/budgets/new/", None),
    ("inbox", AGENT, f"{ENVIOS}inbox/", click("#inbox-rows li:has([data-until]) a", ".thread-head")),
    ("inbox-list", AGENT, f"{ENVIOS}inbox/", None),
    (
        "inbox-closed",
        AGENT,
        f"{ENVIOS}inbox/?view=all",
        click("#inbox-rows li:has(.countdown.closed) a", ".thread-head"),
    ),
    ("inbox-new", AGENT, f"{ENVIOS}inbox/new/", None),
    ("consents", AGENT, f"{ENVIOS}contacts/", None),
    ("consent", AGENT, f"{ENVIOS}contacts/", click(PERSON)),
    ("consent-proof", AGENT, f"{ENVIOS}contacts/", proof),
    ("consent-import", OWNER, f"{ENVIOS}contacts/imports/", None),
    ("chat-links", OWNER, f"{ENVIOS}links/", None),
    ("opt-in-pages", OWNER, f"{ENVIOS}opt-in/", None),
    ("people", OWNER, f"{ENVIOS}people/", None),
    ("settings", OWNER, f"{ENVIOS}settings/", None),
    ("api-keys", OWNER, f"{ENVIOS}api-keys/", None),
    ("audit", OWNER, f"{ENVIOS}audit/", None),
    ("account-email", OWNER, "/accounts/email/", None),
    ("account-password", OWNER, "/accounts/password/change/", None),
    ("account-two-factor", OWNER, "/accounts/2fa/", None),
    ("account-sessions", OWNER, "/accounts/sessions/", None),
    ("admin", STAFF, "/admin/", None),
    ("admin-queue", STAFF, ADMIN, None),
    ("admin-review", STAFF, ADMIN, click("#result_list tbody a", ".review")),
    ("admin-workload", STAFF, f"{ADMIN}workload/", None),
    ("admin-channels", STAFF, "/admin/onboarding/channelsetup/", None),
    ("admin-channel", STAFF, "/admin/onboarding/channelsetup/", click("#result_list tbody a", "[data-channel]")),
    ("admin-badge", STAFF, "/admin/onboarding/badgerequest/", click("#result_list tbody a", "#content")),
    ("admin-canned", STAFF, "/admin/onboarding/cannedreason/", None),
    ("admin-house-rules", STAFF, "/admin/onboarding/houserulechange/", None),
    ("admin-house-rule", STAFF, "/admin/onboarding/houserulechange/review_target_hours/", None),
    ("admin-rulebook", STAFF, "/admin/onboarding/houserulechange/rulebook/", None),
    ("admin-rulebook-compare", STAFF, "/admin/onboarding/houserulechange/rulebook/compare/", None),
    ("admin-health", STAFF, "/admin/health/", None),
    ("admin-usage", STAFF, "/admin/usage/", None),
    ("admin-dead-letters", STAFF, "/admin/providers/deadletter/", None),
    ("admin-provider-log", STAFF, "/admin/providers/providercall/", None),
    ("admin-library", STAFF, "/admin/templates_hsm/librarytemplate/", None),
    ("admin-template-reviews", STAFF, "/admin/templates_hsm/templatereview/", None),
    ("admin-misses", STAFF, "/admin/templates_hsm/lintmiss/", None),
    ("api-docs", STAFF, "/api/docs/", None),
    ("phone-home", NOBODY, "sandbox/phone/", None),
    ("phone", NOBODY, "sandbox/phone/", chat),
    ("facebook-window", NOBODY, f"sandbox/dialog/oauth?{WINDOW}", None),
    ("control", NOBODY, "sandbox/control/", None),
    ("control-webhooks", NOBODY, "sandbox/control/webhooks", None),
    ("mail", NOBODY, "sandbox/mail/", None),
    ("site", NOBODY, "sandbox/sites/envios-del-valle/", None),
]


class Photographer:
    """Goes through the pages with one browser for each person."""

    def __init__(self, browser, url, sandbox_url):
        self.browser, self.url, self.sandbox_url = browser, url, sandbox_url
        self.pages = {}

    def who(self, email):
        """The page of somebody who is logged in (or of nobody)."""
        if email not in self.pages:
            page = visitor(self.browser, language="es-CO", reduced_motion="reduce")
            self.speak(page, SPANISH)
            if email:
                log_in(page, self, email, PASSWORD)
            self.pages[email] = page
        return self.pages[email]

    def take(self, name, email, path, first):
        """All looks of one page; raises ``Error`` when it can't be reached."""
        page = self.who(email)
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        address = (
            f"{self.sandbox_url}/{path.removeprefix('sandbox/')}" if path.startswith("sandbox/") else self.url + path
        )
        answer = page.goto(address)
        if answer.status >= 400 and name != "not-found":
            raise Error(f"{address} answered {answer.status}")
        if first:
            first(page)
        for language in self.languages_of(email, path):
            if language != SPANISH:
                self.speak(page, language)
                page.set_viewport_size(DESKTOP)
                page.reload()
            for size, scheme in LOOKS[language]:
                self.look(page, size, scheme, reload=email == STAFF)
                self.store(page, "-".join(filter(None, (name, language.replace(SPANISH, ""), scheme, size))))
        self.speak(page, SPANISH)

    def languages_of(self, email, path):
        """The sandbox and the admin are shown in Spanish alone."""
        both = email != STAFF and not path.startswith("sandbox/")
        wanted = os.environ.get("SCREENS_LANGUAGE")
        return [language for language in LOOKS if (both or language == SPANISH) and wanted in {None, language}]

    def speak(self, page, language):
        """From now on the pages of this person come in a language."""
        page.context.add_cookies([{"name": "language", "value": language, "url": self.url}])

    def look(self, page, size, scheme, *, reload):
        """The window in one size and scheme, as tall as its page."""
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if reload:  # the admin asks for the scheme only when it loads
            page.reload()
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(150)
        width, height = SIZES[size]["width"], page.evaluate("document.documentElement.scrollHeight")
        if height > SIZES[size]["height"]:  # a taller window, so that bars at its edge don't cover the middle
            page.set_viewport_size({"width": width, "height": min(height, LONGEST)})
            page.wait_for_timeout(100)

    def store(self, page, name):
        """Write what the window shows as WebP: a third of a PNG's bytes."""
        session = page.context.new_cdp_session(page)
        data = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})["data"]
        session.detach()
        (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(data))


def main(wanted):
    """Take the pictures; returns the exit code."""
    if chromium_path() is None:
        print("Pictures need Chromium (Debian: apt install chromium).", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    begun, running, failed = time.monotonic(), None, []
    url, sandbox_url = os.environ.get("SCREENS_URL"), os.environ.get("SCREENS_SANDBOX_URL")
    try:
        if not url:
            print("Starting the program with its demo…", flush=True)
            running = Stack(demo=True).start()
            url, sandbox_url = running.url, running.sandbox_url
        with chromium() as browser:
            photographer = Photographer(browser, url, sandbox_url)
            for name, *rest in PAGES:
                if wanted and not any(name.startswith(word) for word in wanted):
                    continue
                try:
                    photographer.take(name, *rest)
                    print(f"  {name}", flush=True)
                except (Error, AssertionError) as exc:
                    failed.append(name)
                    print(f"  {name}: {str(exc).splitlines()[0]}", file=sys.stderr, flush=True)
    except DidNotStart as exc:
        print(exc, file=sys.stderr)
        return 1
    finally:
        if running:
            running.stop()
    size = sum(path.stat().st_size for path in Path(FOLDER).glob("*.webp")) / 2**20
    print(f"docs/screens: {size:.1f} MiB, {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
