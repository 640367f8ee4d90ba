"""What pages need to have something on them: made through the pages themselves, by a business that is live."""

import re

from playwright.sync_api import expect

from tests.journeys.browser import at, fill, press, visitor
from tests.journeys.stack import some_digits

PEOPLE = ("+573015550001", "+573015550002", "+573015550003")
LIST = "Celular;Nombre;Fecha\n" + "".join(f"{phone};Ana {n};2026-01-05\n" for n, phone in enumerate(PEOPLE))
BROKEN = LIST + "12345;Nadie;2026-01-05\n"


def furnish(way, draft, browser):
    """The addresses of pages with references in them, by the words in braces of ``pages.py``."""
    found = _of_the_way(way)
    found |= _consents(way) | _reach(way, browser) | _templates(way) | _campaigns(way) | _budget(way) | _key(way)
    return found | _letters(way, draft)


def _of_the_way(way):
    page = way.owner
    page.goto(way.address("numbers/"))
    number = page.locator("main table a").first.get_attribute("href")
    page.goto(way.address("onboarding/signature/"))
    signature = page.locator("main a[href*='/signatures/']").first.get_attribute("href")
    return {
        "number": way.stack.url + number,
        "signature": signature if signature.startswith("http") else way.stack.url + signature,
        "template": way.template_url,
        "conversation": way.conversation_url,
        "chat": way.phone.url.split("?")[0],
    }


def _upload(way, text):
    page = way.owner
    page.goto(way.address("contacts/imports/"))
    upload = {"name": "clientes.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("[name=file]").set_input_files(upload)
    press(page.locator("main form[enctype]"))
    page.wait_for_url(re.compile("/columns/$"))
    return page.url


def _consents(way):
    """A list whose columns wait for an answer, one that was imported with a line refused, and a person of it."""
    page = way.owner
    columns = _upload(way, BROKEN + "x\n")
    _upload(way, BROKEN)
    form = page.locator("main form:has([name=kind])")
    fill(form, wording=f"Acepto que {way.company.name} me escriba.", source="paper", country="CO")
    press(form)
    page.locator("main form[action$='/start/'] button").click(timeout=120_000)
    page.locator("main a[href$='refused.csv']").wait_for(timeout=120_000)
    expect(page.locator("#import-progress")).to_have_count(0, timeout=120_000)
    done = page.url
    page.goto(way.address(f"contacts/?q={PEOPLE[0][1:]}"))
    contact = page.locator("main tbody a").first.get_attribute("href")
    return {"columns": columns, "import": done, "contact": way.stack.url + contact}


def _reach(way, browser):
    """A chat link, and an opt-in page in two languages where somebody has agreed."""
    page = way.owner
    page.goto(way.address("links/"))
    form = page.locator("main form:has([name=greeting])")
    fill(form, name="Vitrina", greeting="Hola, vi su vitrina.")
    press(form)
    page.wait_for_url(re.compile(r"/links/[0-9a-f-]{36}/$"))
    link = page.url
    page.goto(way.address("opt-in/"))
    form = page.locator("main form:has([name=confirms_by_message])")
    fill(form, name="Primavera")
    press(form)
    page.wait_for_url(re.compile(r"/opt-in/[0-9a-f-]{36}/"))
    optin = re.match(r".*/opt-in/[0-9a-f-]{36}/", page.url)[0]
    for language in ("es", "en"):
        page.goto(f"{optin}text/{language}/")
        press(page.locator("main form:has([name=title])").first, "button[name=save]")
        page.wait_for_load_state()
    page.goto(optin)
    page.locator("main form[action$='/open/'] button").first.click()
    public = page.locator("input[id=sms]").input_value().split("?")[0]
    guest = visitor(browser)
    guest.goto(public)
    form = guest.locator("main form")
    fill(form, phone="301 555 01" + some_digits(2), name="Ana Invitada", agreement=True)
    press(form)
    guest.wait_for_url(re.compile("/thanks/"))
    thanks = guest.url.split("?")[0]
    guest.context.close()
    return {"link": link, "optin": optin, "optin_public": public, "optin_thanks": thanks}


def _templates(way):
    """A template that is still being written."""
    page = way.owner
    page.goto(way.address("templates/new/"))
    page.locator("button[name=start][value^='delivery:es']").click()
    at(page, "/edit/")
    return {"builder": page.url}


def _campaigns(way):
    """A campaign that was sent to a few, and one whose people are chosen."""
    page = way.owner
    found = {}
    for name, key in (("Enviada", "report"), ("Por enviar", "campaign")):
        page.goto(way.address("campaigns/new/"))
        form = page.locator("main form:has([name=template])")
        form.locator("[name=name]").fill(name)
        form.locator("[name=template]").select_option(way.template_url.rstrip("/").rsplit("/", 1)[1])
        press(form)
        form = page.locator("main form:has([name=audience])")
        fill(form, audience="csv")
        upload = {"name": "lista.csv", "mimeType": "text/csv", "buffer": BROKEN.encode()}
        form.locator("[name=file]").set_input_files(upload)
        press(form)
        page.wait_for_url(re.compile("/values/$"))
        found[key] = page.url.removesuffix("values/")
        if key == "report":
            form = page.locator("main form:has([name=phone])")
            for box in form.locator("[name^=text_]").all():
                if not box.input_value():
                    box.fill("hoy")
            press(form)
            start = page.locator("main form[action$='/start/']")
            start.locator("button.button").first.wait_for(timeout=120_000)
            fill(start, quiet_from="", quiet_until="")
            start.locator("button.button").first.click()
            expect(page.locator("#campaign-progress .status.ok")).to_be_visible(timeout=120_000)
    return found


def _budget(way):
    page = way.owner
    page.goto(way.address("usage/budgets/new/"))
    form = page.locator("main form:has([name=amount])")
    if form.count():
        fill(form, amount="900")
        press(form)
        page.wait_for_load_state()
    page.goto(way.address("usage/"))
    return {
        "budget": way.stack.url
        + page.locator("main a[href*='/usage/budgets/']:not([href$='/new/'])").first.get_attribute("href")
    }


def _key(way):
    page = way.owner
    page.goto(way.address("api-keys/"))
    form = page.locator("main form:has([name=name])")
    fill(form, name="CRM")
    press(form)
    link = page.locator("main tbody a[href*='/api-keys/']").first
    return {"key": way.stack.url + link.get_attribute("href")}


def _letters(way, draft):
    """Addresses that travel by mail: a colleague's part and an invitation."""
    stack, address = way.stack, f"colega{some_digits(4)}@example.com"
    page = draft.owner
    page.goto(draft.address("onboarding/colleagues/"))
    form = page.locator("main form:has([name=email])")
    fill(form, step="contact", email=address)
    press(form)
    page.wait_for_load_state()
    page = way.owner
    page.goto(way.address("people/"))
    form = page.locator("main form:has([name=email])")
    fill(form, email=address, role="agent")
    press(form)
    return {
        "part": stack.link_in_mail(address, "/part/"),
        "invitation": stack.link_in_mail(address, "/invitation/"),
    }
