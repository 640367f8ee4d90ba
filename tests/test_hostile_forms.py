"""Hostile text in every field of every form of a business: a page or a sentence comes back, nothing runs, nothing
breaks, and what was there stays. Forms are found by walking through the pages, so a new one is tried by itself.

The wizard and the badge have tests of their own (``onboarding/test_bad_input.py``, ``test_badge_pages.py``).
"""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import Resolver404, resolve
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from contacts.imports import files
from onboarding.services import chat_links, optin_pages
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.campaigns.scene import made, person
from tests.onboarding.badges import ready_number
from tests.onboarding.test_bad_input import HOSTILE, LURKING
from tests.onboarding.test_reach import WORDS

PEOPLE = "celular,nombre\n3001110001,Rosa\n"
ALONE = ("script", "10,000 characters", "null")
TOGETHER = ("right to left", "look-alikes", "emoji", "superscript figures")
"""What a field gets while its neighbours are well filled, and what all text fields of a form get at once."""
TEXT = {"text", "search", "tel", "url", "email", "number", "password", "hidden", "date", "time", "month", "textarea"}
FORGED = ("null", "script")
ANSWERS = {
    "email": "rosa@example.com", "amount": "10", "warn_percent": "80", "language": "es", "country": "CO", "phone":
    "300 111 2233", "at": "2026-11-01T10:00", "date": "2026-11-01", "text": "Hola", "name": "Primavera",
}  # fmt: skip
"""What an empty field gets while another one of its form is tried, so that the form gets past it."""
ANSWERED = {200, 302, 400, 403, 404, 409, 413, 422, 429}
OTHER_TESTS = ("/onboarding/step/", "/onboarding/start/", "/badge/")
OUT = ("/accounts/logout/", "/language/", "/theme/")


@pytest.fixture
def world(acme, olga):
    """A business with something on every page."""
    builders.application(acme)
    number = ready_number(acme)
    template = builders.template(acme, waba=number.waba)
    rosa = person(acme, "573001110001")
    talk = builders.conversation(acme, phone_number=number, contact=rosa)
    builders.message(talk)
    builders.window(talk)
    made(acme, PEOPLE, number=number, template=template)
    builders.template(acme, "draft_one", waba=number.waba, status="draft", provider_id="")
    with business_scope(acme):
        chat_links.create(number, name="Window", greeting="Hola", actor=None)
        page = optin_pages.create(acme, name="Spring", phone_number=number, confirms_by_message=False, actor=None)
        optin_pages.write_text(page, "en", **WORDS, actor=None)
        page.is_open = True
        page.save()
        files.take_in(acme, SimpleUploadedFile("list.csv", PEOPLE.encode()), actor=None)
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(olga)
    client.public = f"/o/{page.token}/"
    return client


class Form:
    """One way to press one button: where it goes and what a browser would send."""

    def __init__(self, address, node, button):
        self.action = urljoin(
            address, (button and button.attributes.get("formaction")) or node.attributes.get("action") or ""
        )
        self.values, self.kinds = {}, {}
        for field in node.css("input, textarea, select"):
            self._take(field)
        if button is not None and button.attributes.get("name"):
            self.values[button.attributes["name"]] = button.attributes.get("value") or ""

    def _take(self, field):
        name, kind = field.attributes.get("name"), field.attributes.get("type") or "text"
        if not name or kind in {"submit", "file"} or name == "csrfmiddlewaretoken":
            return
        if field.tag == "select":
            options = field.css("option")
            chosen = [one for one in options if "selected" in one.attributes] or options[:1]
            self.kinds[name] = "choice"
            self.values[name] = (chosen[0].attributes.get("value") or "") if chosen else ""
        elif kind in {"radio", "checkbox"}:
            self.kinds[name] = "choice"
            if "checked" in field.attributes:
                self.values[name] = field.attributes.get("value") or "on"
        else:
            self.kinds[name] = "textarea" if field.tag == "textarea" else kind
            shown = field.text() if field.tag == "textarea" else field.attributes.get("value") or ""
            self.values[name] = shown or ANSWERS.get(name.rsplit("-", 1)[-1], "")

    @property
    def key(self):
        """Forms with the same address but for references, and the same fields, are one form."""
        pressed = sorted(set(self.values) - set(self.kinds))
        return view_of(self.action), *sorted(self.kinds), *pressed

    def attacks(self):
        """What is sent: ``(words for a report, values)``."""
        texts = [name for name, kind in self.kinds.items() if kind in TEXT and kind != "hidden"]
        for name, kind in self.kinds.items():
            for what in ALONE if kind in TEXT else FORGED:
                yield f"{name}: {what}", {**self.values, name: HOSTILE[what]}
        for what in TOGETHER if texts else ():
            yield f"{', '.join(texts)}: {what}", self.values | dict.fromkeys(texts, HOSTILE[what])


def view_of(address):
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def is_ours(address, slug):
    path = urlsplit(address).path
    return path.startswith((f"/b/{slug}/", "/accounts/", "/o/", "/new/", "/advisor/")) and not path.startswith(OUT)


def walk(client, slug):
    """Pages by their address: every kind of page that a link leads to, a few of each."""
    waiting = [f"/b/{slug}/{path}" for path in ("numbers/", "onboarding/", "inbox/")]
    waiting += ["/new/", "/advisor/", "/accounts/email/", client.public]
    pages, kinds = {}, {}
    while waiting:
        address = waiting.pop(0)
        kind = view_of(address)
        if address in pages or not kind or kinds.get(kind, 0) >= 3:
            continue
        response = client.get(address)
        if response.status_code != 200 or "html" not in response.headers.get("Content-Type", ""):
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        pages[address] = HTMLParser(response.content.decode())
        for link in pages[address].css("a[href]"):
            target = urljoin(address, link.attributes["href"] or "").split("#")[0]
            if is_ours(target, slug):
                waiting.append(target)
    return pages


def forms_of(pages, slug):
    """Each form of the pages once, in each way that it can be sent."""
    found = {}
    for address, tree in pages.items():
        for node in tree.css("form"):
            if (node.attributes.get("method") or "get").lower() != "post":
                continue
            buttons = [b for b in node.css("button") if (b.attributes.get("type") or "submit") == "submit"] or [None]
            for button in buttons:
                form = Form(address, node, button)
                if is_ours(form.action, slug) and not any(part in form.action for part in OTHER_TESTS):
                    found.setdefault(form.key, form)
    return list(found.values())


def test_no_form_of_a_business_breaks_on_hostile_text(world, acme):
    pages = walk(world, acme.slug)
    forms = forms_of(pages, acme.slug)
    assert len(pages) > 35 and len(forms) > 30, (len(pages), len(forms))

    wrong = []
    for form in forms:
        for what, values in form.attacks():
            response = world.post(form.action, values)
            body = b"" if response.streaming else response.content
            if response.status_code not in ANSWERED:
                wrong.append(f"{form.action} answers {response.status_code} to {what}")
            if LURKING.encode() in body or b"<script>alert" in body:
                wrong.append(f"{form.action} shows {what} as markup")

    for address in walk(world, acme.slug):
        page = world.get(address).content.decode()
        if re.search(r"<script>alert|<img src=x", page):
            wrong.append(f"{address} runs what somebody typed")
    assert not wrong, "\n".join(wrong)


def test_the_walk_would_notice_a_page_that_runs_what_it_shows():
    assert LURKING.startswith("<script>alert") and "<img src=x" in LURKING
    tree = HTMLParser("<form><input name=a><input name=c><select name=b><option value=1></select></form>")
    form = Form("/b/x/people/", tree.css_first("form"), None)
    assert {what for what, _values in form.attacks()} >= {"a: script", "a: null", "b: script", "a, c: emoji"}
