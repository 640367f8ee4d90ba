"""A business from the first click to a live conversation, station by station, through pages alone.

``Way.reach("live")`` makes the stations that are still missing, in order, each once in a run; a station that failed
fails everything behind it with the same words. Controls are found by names and addresses rather than by words, so the
same way works in every language.
"""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import at, fill, press, visitor
from tests.journeys.stack import STAFF_PASSWORD, eventually, some_digits
from tests.papers import pdf

PASSWORD = "una-clave-larga-9"


@dataclass
class Company:
    """What one applicant answers. The number has to be one that nobody else of the run claims."""

    name: str = "Envíos del Valle"
    site: str = "envios-del-valle"
    activity: str = "Recogemos paquetes en Cali y los entregamos en el Valle del Cauca. Avisamos cada entrega."
    sector: str = "TRAVEL"
    legal_name: str = "Envíos del Valle S. A. S."
    tax_id: str = "213.123.432-1"
    national: str = "602 485 0199"
    digits: str = "576024850199"
    portfolio: str = "506914307656634"
    owner: str = "Carolina Rengifo"
    owner_email: str = "carolina@enviosdelvalle.example"
    agent: str = "Lucía Ocampo"
    agent_email: str = "lucia@enviosdelvalle.example"
    method: str = "SMS"


def sign_up(page, stack, name, email, start="/"):
    """An account with a confirmed address; the page stands where the product leads next."""
    if start == "/":
        page.goto(f"{stack.url}/accounts/signup/")
    else:
        page.goto(stack.url + start)
        page.locator("a[href*='/accounts/signup/']").last.click()
    form = page.locator("main form:has([name=full_name])")
    fill(form, full_name=name, email=email, password1=PASSWORD)
    press(form)
    at(page, "/accounts/confirm-email/")
    page.goto(stack.link_in_mail(email, "/accounts/confirm-email/"))
    press(page.locator("main form[action*='confirm-email']"))
    page.wait_for_url(lambda url: "/accounts/" not in url or "/accounts/login" in url)
    if "/accounts/login" in page.url:
        log_in(page, stack, email)


def log_in(page, stack, email, password=PASSWORD):
    """Log in through the form of the product."""
    if "/accounts/login" not in page.url:
        page.goto(f"{stack.url}/accounts/login/")
    form = page.locator("main form:has([name=password])")
    fill(form, login=email, password=password)
    press(form)
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def found_business(page, name, country="CO"):
    """The first question after sign-up; returns the slug."""
    at(page, "/new/")
    form = page.locator("main form:has([name=country])")
    fill(form, name=name, country=country)
    press(form)
    at(page, "/onboarding/")
    return re.search(r"/b/([^/]+)/", page.url)[1]


def open_phone(phone, stack, name, digits, number_id):
    """Give a new customer a phone and open the chat with a business number."""
    phone.goto(f"{stack.sandbox_url}/phone/")
    details = phone.locator("details:has(form[action='/phone/new'])")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    form = phone.locator("form[action='/phone/new']")
    fill(form, name=name, phone=digits)
    press(form)
    at(phone, r"/phone/\d+/")
    form = phone.locator("form[action$='/start']")
    fill(form, number=number_id)
    press(form)
    at(phone, rf"/phone/\d+/{number_id}/")


def reads_by_hand(phone):
    """From now on this phone says only on demand that it has read what came."""
    details = phone.locator("details:has(form[action$='/settings'])")
    details.locator("summary").click()
    form = details.locator("form")
    fill(form, auto_read=False)
    press(form)
    phone.wait_for_load_state()
    expect(phone.locator("form[action$='/read']")).to_have_count(1)


def write_from_phone(phone, text):
    """The customer writes into the open chat."""
    form = phone.locator("form#write")
    fill(form, text=text)
    press(form, "button")
    expect(phone.locator("[data-live=thread] li.out", has_text=text)).to_be_visible()


def reply(agent, text):
    """The agent writes into the open conversation and sees the line in the thread."""
    agent.locator("#composer-text").fill(text)
    agent.locator("#composer form[data-send] button.send").click()
    expect(own_line(agent, text)).to_be_visible()


def paper(name, content=None):
    """A document as a browser takes it: a small, whole PDF, or the bytes given."""
    return {"name": name, "mimeType": "application/pdf", "buffer": pdf(name) if content is None else content}


def own_line(agent, text):
    """What the business wrote, as the thread shows it."""
    return agent.locator("#thread-lines li.mine", has_text=text)


class Way:
    """The stations of one business. Attributes appear as the way goes on: ``owner`` and ``agent`` (pages), ``slug``."""

    STATIONS = (
        "account", "screened", "signed", "answered", "submitted", "corrected", "approved", "activated", "tested",
        "invited", "template", "conversation", "answered_live", "live",
    )  # fmt: skip

    def __init__(self, stack, browser, shots, company=None):
        self.stack, self.browser, self.shots = stack, browser, shots
        self.company = company or Company()
        self.done, self.broken = [], None
        self.staff_email = f"revisora{some_digits(4)}@umbral.example"
        self.customer = "+57315555" + some_digits(4)

    def reach(self, station):
        """Make every station up to this one that isn't made yet."""
        for name in self.STATIONS[: self.STATIONS.index(station) + 1]:
            if name in self.done:
                continue
            if self.broken:
                pytest.fail(f"The way broke earlier, at “{self.broken}”.", pytrace=False)
            self.broken = name
            getattr(self, name)()
            self.broken = None
            self.done.append(name)
        return self

    def picture(self, page, name):
        if self.shots:
            self.shots.take(page, name)

    def address(self, path=""):
        return f"{self.stack.url}/b/{self.slug}/{path}"

    # Applying

    def account(self):
        """Advisor, sign-up with a confirmed address, the business."""
        page = self.owner = visitor(self.browser)
        page.goto(f"{self.stack.url}/")
        self.picture(page, "home")
        page.goto(f"{self.stack.url}/advisor/")
        form = page.locator("main form:has([name=agents])")
        fill(form, conversations_per_day="180", agents="9", platform="current", sends_notifications=True)
        press(form, "button")
        expect(page.locator("#result")).to_contain_text("API")
        self.picture(page, "advisor")
        sign_up(page, self.stack, self.company.owner, self.company.owner_email)
        self.slug = found_business(page, self.company.name)
        self.picture(page, "start")
        press(page.locator("main form[action$='/start/']"), "button")

    def screened(self):
        """What the company does, and what the policies say."""
        page, company = self.owner, self.company
        at(page, "/step/screening/")
        page.locator("[name=activity]").fill("Poco")
        self._save(page)
        expect(page.locator(".error-summary")).to_be_visible()
        expect(page.locator("[name=activity]")).to_have_value("Poco")
        self._answer(
            page,
            activity=company.activity,
            sector=company.sector,
            recipient_countries=["CO"],
            website=f"{self.stack.sandbox_url}/sites/{company.site}/",
        )
        at(page, "/verdict/")
        self.picture(page, "screening")
        page.locator("main a.button[href$='/step/signing/']").click()

    def signed(self):
        """The statement."""
        page = self.owner
        at(page, "/step/signing/")
        self._answer(page, signed_name=self.company.owner, agreed=True)
        at(page, "/step/company/")

    def answered(self):
        """All other questions."""
        page, company = self.owner, self.company
        self._answer(page, brand=company.name, legal_name=company.legal_name, country="CO", tax_id=company.tax_id)
        at(page, "/step/address/")
        self._answer(
            page, address="Calle 25 Norte # 6-41, bodega 3", city="Cali", region="Valle del Cauca", postal_code="760045"
        )
        at(page, "/step/documents/")
        page.locator("[name=incorporation]").set_input_files(paper("camara-de-comercio.txt", b"<svg onload=alert(1)>"))
        self._save(page)
        expect(page.locator(".error-summary")).to_be_visible()
        page.locator("[name=incorporation]").set_input_files(paper("camara-de-comercio.pdf"))
        page.locator("[name=tax_record]").set_input_files(paper("rut.pdf"))
        page.locator("button[name=add]").click()
        expect(page.locator("main .files > li")).to_have_count(2)
        self.picture(page, "documents")
        self._save(page)
        at(page, "/step/facebook/")
        self._answer(
            page, facebook_page=f"facebook.com/{company.site.replace('-', '')}", facebook_business_id=company.portfolio
        )
        at(page, "/step/number/")
        page.locator("[name=phone]").fill(company.national)
        expect(page.locator("#number-facts")).to_contain_text("+57")
        self.picture(page, "number")
        self._answer(page, phone=company.national, code_method=company.method)
        at(page, "/step/display-name/")
        page.locator("[name=display_name]").fill(company.name)
        page.locator("button[name=check]").click()
        expect(page.locator("#findings .checks > li").first).to_be_visible()
        self.picture(page, "display-name")
        self._answer(page, display_name=company.name, name_is_permanent=True)
        at(page, "/step/contact/")
        self._answer(page, contact_name=company.owner, contact_email=company.owner_email, contact_phone="315 555 0142")

    def submitted(self):
        """Check the answers and send them."""
        page = self.owner
        at(page, "/check/")
        expect(page.locator("main")).to_contain_text(self.company.legal_name)
        expect(page.locator("main .error-summary")).to_have_count(0)
        self.picture(page, "check")
        self._save(page)
        at(page, "/onboarding/")
        self.picture(page, "submitted")

    # Review

    def corrected(self):
        """Staff asks for a change of one answer; the applicant corrects just that and sends it again."""
        self.stack.make_staff(self.staff_email, "Sara Medina")
        staff = self.staff = visitor(self.browser)
        staff.goto(f"{self.stack.url}/admin/")
        fill(staff, username=self.staff_email, password=STAFF_PASSWORD)
        staff.locator("[name=password]").press("Enter")
        at(staff, "/admin/")
        self.picture(staff, "admin")
        self._open_case()
        self.picture(staff, "review")
        note = "Escribe también el barrio, como en el RUT."
        staff.locator("details:has(#note_address) > summary").click()
        staff.locator("#note_address").fill(note)
        staff.locator("button[name=decision][value=changes]").click()
        expect(staff.locator(".review-pending")).to_be_visible()
        expect(staff.locator(".review-pending")).to_have_count(0, timeout=30_000)  # its minute is over, it has left
        page = self.owner
        page.goto(self.address("onboarding/"))
        expect(page.locator("main blockquote")).to_contain_text(note)
        self.picture(page, "change-asked")
        form = page.locator("main form[action$='/correct/']")
        expect(form.locator("[name=legal_name]")).to_have_count(0)
        form.locator("[name=address]").fill("Calle 25 Norte # 6-41, bodega 3, San Vicente")
        press(form)
        page.wait_for_load_state()
        if "/step/signing/" in page.url:
            self._answer(page, signed_name=self.company.owner, agreed=True)
            page.goto(self.address("onboarding/"))
            press(page.locator("main form[action$='/correct/']"))
        expect(page.locator("main form[action$='/correct/']")).to_have_count(0)
        self.picture(page, "corrected")

    def approved(self):
        """Staff sees what changed and approves."""
        staff = self.staff
        self._open_case()
        expect(staff.locator("body")).to_contain_text("San Vicente")
        self.picture(staff, "review-again")
        staff.locator("button[name=decision][value=approve]").click()
        expect(staff.locator(".review-pending")).to_be_visible()
        expect(staff.locator(".review-pending")).to_have_count(0, timeout=30_000)
        expect(staff.locator("button[name=decision][value=approve]")).to_have_count(0)

    def _open_case(self):
        """From the queue to the page of this application."""
        staff = self.staff
        staff.goto(f"{self.stack.url}/admin/onboarding/onboardingapplication/")
        staff.locator("#result_list a", has_text=self.company.name).first.click()
        expect(staff.locator("button[name=decision][value=approve]")).to_be_visible()

    # The number

    def activated(self):
        """Meta approves the name; the code arrives on the phone and is entered; the PIN is shown once."""
        page = self.owner
        page.goto(self.address("onboarding/"))
        self.picture(page, "timeline-meta")
        link = page.locator("main a[href$='/onboarding/activation/']").first
        expect(link).to_be_visible(timeout=90_000)  # by itself, without a reload
        self.picture(page, "your-turn")
        link.click()
        self._ask_for_code_while_the_provider_is_away()
        field = page.locator("main form[action$='/activation/code/'] [name=code]")
        expect(field).to_be_visible(timeout=60_000)
        phone = visitor(self.browser)
        phone.goto(f"{self.stack.sandbox_url}/phone/")
        code = phone.locator("[data-live=sms] .code-shown").first.inner_text()
        self.picture(phone, "code")
        phone.context.close()
        field.fill(code)
        self.picture(page, "enter-code")
        press(page.locator("main form[action$='/activation/code/']"))
        show = page.locator("main form[action$='/activation/pin/'] button")
        expect(show).to_be_visible(timeout=60_000)
        show.click()
        self.pin = page.locator("main output").inner_text().strip()
        assert re.fullmatch(r"[0-9]{6}", self.pin)
        self.picture(page, "pin")
        page.goto(self.address("onboarding/activation/"))
        expect(page.locator("main output")).to_have_count(0)
        expect(page.locator("body")).not_to_contain_text(self.pin)
        self.number_id = self._number_at_provider()["id"]

    def _ask_for_code_while_the_provider_is_away(self):
        """The step waits, says why, and goes on by itself once the provider answers again."""
        page = self.owner
        form = page.locator("main form[action$='/activation/request/']")
        fill(form, method=self.company.method)
        self.stack.control("faults", kind="server_error", scope="management", count=None)
        try:
            press(form, "button")
            expect(page.locator("#activation-wait p")).to_have_count(2, timeout=60_000)
            self.picture(page, "provider-away")
        finally:
            self.stack.control("faults", method="DELETE")

    def _number_at_provider(self):
        numbers = self.stack.control("state")["numbers"]
        return next(row for row in numbers if row["digits"] == self.company.digits)

    def tested(self):
        """The channel's checklist passes by itself; one word from a phone comes in, is answered, and makes it live."""
        page = self.owner
        page.goto(self.address("onboarding/activation/"))
        page.locator("main a[href$='/channel/']").first.click()
        at(page, "/channel/")
        standing = page.locator("[data-part=standing]")
        expect(standing.locator(".notice.ok")).to_have_count(0)
        form = page.locator("main form[action$='/channel/platform/']")
        fill(form, platform="none")
        press(form)
        passed = page.locator("[data-part=items] > ul > li.ok")
        expect(passed).to_have_count(8, timeout=90_000)  # by itself, without a reload
        self.picture(page, "channel-checked")
        press(page.locator("main form[action$='/channel/test/']"))
        word = page.locator(".channel-word output").inner_text().strip()
        assert re.fullmatch(r"[A-Z]{3}[2-9]{2}", word)
        expect(page.locator("[data-part=test] img.qr")).to_be_visible()
        self.picture(page, "channel-word")
        page.evaluate("window.neverReloaded = true")
        phone = visitor(self.browser, viewport={"width": 1100, "height": 900})
        open_phone(phone, self.stack, "Sara, prueba", "+5731555500" + some_digits(2), self.number_id)
        write_from_phone(phone, word)
        expect(phone.locator("[data-live=thread] li:not(.out)").first).to_be_visible(timeout=60_000)
        expect(standing.locator(".notice.ok")).to_be_visible(timeout=60_000)
        expect(page.locator(".channel-legs > li:not(.done)")).to_have_count(0)
        assert page.evaluate("window.neverReloaded"), "The checklist was reloaded."
        self.picture(page, "channel-live")
        phone.context.close()

    def invited(self):
        """The owner invites an agent, who signs up by the link and joins."""
        page = self.owner
        page.goto(self.address("people/"))
        form = page.locator("main form:has([name=email])")
        fill(form, email=self.company.agent_email, role="agent")
        press(form)
        link = self.stack.link_in_mail(self.company.agent_email, "/invitation/")
        agent = self.agent = visitor(self.browser)
        sign_up(
            agent, self.stack, self.company.agent, self.company.agent_email, start=link.removeprefix(self.stack.url)
        )
        if "/invitation/" not in agent.url:
            agent.goto(link)
        press(agent.locator("main form[method=post]:not([action])"))
        agent.wait_for_url(re.compile(rf"/b/{self.slug}/inbox/"))
        self.picture(agent, "agent-joined")

    # Talking

    def template(self):
        """A template from an example, with a preview that follows the typing, approved by Meta."""
        page = self.owner
        page.goto(self.address("templates/new/"))
        self.picture(page, "template-examples")
        page.locator("button[name=start][value^='delivery:es']").click()
        at(page, "/edit/")
        body = page.locator("[name=body]")
        body.fill(body.input_value() + " Gracias por elegirnos.")
        expect(page.locator("#live")).to_contain_text("Gracias por elegirnos.")
        expect(page.locator("#live")).to_contain_text("Marta")
        self.picture(page, "template-builder")
        page.locator("header button[name=action][value=submit]").click()
        page.wait_for_url(re.compile(r"/templates/[0-9a-f-]{36}/$"))
        self.template_url = page.url
        expect(page.locator("#template-status .status-line .status.ok")).to_be_visible(timeout=90_000)
        self.picture(page, "template-approved")

    def conversation(self):
        """A customer writes; the open inbox shows it without a reload, with the window's time."""
        agent = self.agent
        agent.goto(self.address("inbox/"))
        agent.evaluate("window.neverReloaded = true")
        phone = self.phone = visitor(self.browser, viewport={"width": 1100, "height": 900})
        open_phone(phone, self.stack, "Marta Díaz", self.customer, self.number_id)
        write_from_phone(phone, "Hola, ¿a qué hora llega mi paquete?")
        self.picture(phone, "customer-writes")
        row = agent.locator("#inbox-rows li", has_text="a qué hora llega")
        expect(row).to_be_visible()
        expect(row.locator(".countdown[data-until]")).to_be_visible()
        assert agent.evaluate("window.neverReloaded"), "The inbox was reloaded."
        self.picture(agent, "inbox-live")

    def answered_live(self):
        """The agent answers inside the window; the phone shows it; the ticks turn blue when it was read."""
        agent, phone = self.agent, self.phone
        reads_by_hand(phone)
        phone.goto(phone.url.split("?")[0].rsplit("/", 2)[0] + "/")
        agent.locator("#inbox-rows li", has_text="a qué hora llega").locator("a").click()
        expect(agent.locator("#composer .closes .countdown")).to_be_visible()
        reply(agent, "Hoy entre las 15:00 y las 17:00.")
        line = own_line(agent, "Hoy entre las 15:00")
        expect(line.locator("use[href$='i-ticks']")).to_have_count(1)  # delivered
        expect(line.locator(".msg-meta .read")).to_have_count(0)
        expect(phone.locator("[data-live=chats]")).to_contain_text("Hoy entre las 15:00")
        phone.locator("[data-live=chats] a").first.click()
        expect(phone.locator("[data-live=thread] li:not(.out)", has_text="Hoy entre las 15:00")).to_be_visible()
        self.picture(phone, "customer-reads")
        expect(line.locator(".msg-meta .read")).to_have_count(0)
        phone.locator("form[action$='/read'] button").click()
        expect(line.locator(".msg-meta .read")).to_be_visible()
        assert agent.evaluate("window.neverReloaded"), "The inbox was reloaded."
        self.picture(agent, "blue-ticks")
        self.conversation_url = agent.url

    def live(self):
        """The whole path is done: the number is live."""
        page = self.owner

        def is_live():
            page.goto(self.address("onboarding/"))
            return page.url.rstrip("/").endswith("/numbers")

        eventually(is_live, 30, "the application to be live")
        self.picture(page, "numbers")
        page.goto(self.address("onboarding/timeline/"))
        steps = page.locator("ol.timeline > li")
        expect(steps).not_to_have_count(0)
        expect(page.locator("ol.timeline > li:not(.done)")).to_have_count(0)
        self.picture(page, "timeline-live")

    # How

    def _answer(self, page, **values):
        form = page.locator("main form:has(.form-end)")
        fill(form, **values)
        self._save(page)

    def _save(self, page):
        page.locator("main form .form-end button:not([disabled])").first.click()
