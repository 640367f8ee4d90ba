"""Main pages for everybody: no violation that axe knows, and no sideways scroll, small and large, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.browser import DESKTOP, PHONE, visitor

pytestmark = pytest.mark.journey

# Each language sees both sizes and both colour schemes; the four pairs meet every pair of choices.
LOOKS = {"es": ((PHONE, "light"), (DESKTOP, "dark")), "en": ((PHONE, "dark"), (DESKTOP, "light"))}

PUBLIC = ["/", "/advisor/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/privacy/",
          "/accessibility/", "/no-such-page/"]  # fmt: skip
OWNER = ["onboarding/timeline/", "onboarding/activation/", "onboarding/signature/", "numbers/", "{number}", "{badge}",
         "{rename}", "templates/", "templates/new/", "{template}", "campaigns/", "campaigns/new/", "campaigns/rules/",
         "usage/", "usage/budgets/new/", "{channel}", "contacts/", "contacts/imports/", "links/", "opt-in/",
         "people/", "settings/", "api-keys/",
         "audit/"]  # fmt: skip
DRAFT = ["onboarding/", "onboarding/step/screening/", "onboarding/verdict/", "onboarding/step/signing/",
         "onboarding/step/company/", "onboarding/step/address/", "onboarding/step/documents/",
         "onboarding/step/facebook/", "onboarding/connect/", "onboarding/colleagues/", "numbers/further/",
         "onboarding/step/number/", "onboarding/step/display-name/", "onboarding/step/contact/",
         "onboarding/check/"]  # fmt: skip
AGENT = ["inbox/", "{conversation}", "inbox/new/"]
SANDBOX = ["/phone/", "{chat}", "/control/", "/mail/"]


def violations_of(page):
    """What axe finds on the page as it stands, in lines that say where."""
    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {node['target']} {node['failureSummary']}" for item in found for node in item["nodes"]]


def sideways(page):
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


SETTLE = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  for (const moving of document.getAnimations()) moving.finish();
}"""
"""Colours change in a transition, however short; axe must see where they end."""


class Readers:
    """One browser for each person and language; ``look_at`` returns what is wrong with an address in every look."""

    def __init__(self, browser):
        self.browser, self.pages = browser, {}

    def page_of(self, url, person, language):
        """The page of somebody (a page that is logged in, or None) who reads this language."""
        key = (id(person), language)
        if key not in self.pages:
            state = person.context.storage_state() if person else None
            page = visitor(self.browser, language=language, storage_state=state, reduced_motion="reduce")
            page.context.add_cookies([{"name": "language", "value": language, "domain": "127.0.0.1", "path": "/"}])
            self.pages[key] = page
        return self.pages[key]

    def look_at(self, url, person=None):
        wrong = []
        for language, looks in LOOKS.items():
            page = self.page_of(url, person, language)
            page.goto(url)
            spoken = page.locator("html").get_attribute("lang")
            if spoken != language:
                wrong.append(f"{url} speaks {spoken} instead of {language}")
            for viewport, scheme in looks:
                page.set_viewport_size(viewport)
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.evaluate(SETTLE)
                where = f"{url} {language} {viewport['width']} {scheme}"
                wrong += [f"{where}: {line}" for line in violations_of(page)]
                if sideways(page) > 0:
                    wrong.append(f"{where}: {sideways(page)} px wider than the window")
            wrong += page.problems
            page.problems.clear()
        return wrong


@pytest.fixture(scope="module")
def readers(browser):
    return Readers(browser)


@pytest.fixture(scope="module")
def places(way):
    """Addresses that carry references, found on the pages of the business that is live."""
    way.reach("live")
    way.owner.goto(way.address("numbers/"))
    number = way.owner.locator("main table a").first.get_attribute("href")
    return {
        "{number}": way.stack.url + number,
        "{badge}": f"{way.stack.url}{number}badge/",
        "{channel}": f"{way.stack.url}{number}channel/",
        "{rename}": f"{way.stack.url}{number}name/",
        "{template}": way.template_url,
        "{conversation}": way.conversation_url,
        "{chat}": way.phone.url.split("?")[0],
    }


@pytest.fixture(scope="module")
def draft(way, stack, browser):
    """Somebody whose application is half done: every page of the wizard is open."""
    from tests.journeys.way import Company, Way

    other = Way(stack, browser, None, Company(
        name="Óptica Mirador", site="optica-mirador", owner="Tomás Pardo", owner_email="tomas@mirador.example",
        national="602 285 0133", digits="576022850133", portfolio="506914307650001", sector="RETAIL",
        legal_name="Inversiones Mirador S. A. S.", activity="Vendemos lentes y avisamos cuando un pedido está listo.",
    ))  # fmt: skip
    other.reach("answered")
    yield other
    other.owner.context.close()


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_is_for_everybody(stack, readers, path):
    assert readers.look_at(stack.url + path) == []


@pytest.mark.parametrize("path", OWNER)
def test_a_page_of_an_owner_is_for_everybody(way, readers, places, path):
    assert readers.look_at(places.get(path) or way.address(path), way.owner) == []


@pytest.mark.parametrize("path", DRAFT)
def test_a_page_of_the_application_is_for_everybody(readers, draft, path):
    assert readers.look_at(draft.address(path), draft.owner) == []


@pytest.mark.parametrize("path", AGENT)
def test_a_page_of_an_agent_is_for_everybody(way, readers, places, path):
    assert readers.look_at(places.get(path) or way.address(path), way.agent) == []


@pytest.mark.parametrize("path", SANDBOX)
def test_a_page_of_the_sandbox_is_for_everybody(stack, readers, places, path):
    assert readers.look_at(places.get(path) or stack.sandbox_url + path) == []
