"""A second business in the same run sees nothing of the first, whatever it guesses."""

import re

import pytest
import requests
from playwright.sync_api import expect

from tests.journeys.browser import press, visitor
from tests.journeys.way import found_business, sign_up

pytestmark = pytest.mark.journey
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def neighbour(way, stack, browser):
    """The owner of another business, who knows every address of the first one."""
    way.reach("live")
    page = visitor(browser)
    sign_up(page, stack, "Vera Vecina", "vera@vecinos.example")
    page.slug = found_business(page, "Vecinos Curiosos")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def secrets(way):
    """Words that only the first business may read."""
    return ["Marta Díaz", "a qué hora llega", "Hoy entre las 15:00", "4850199", "pedido_en_camino", way.pin]


@pytest.fixture(scope="module")
def addresses(way):
    """Every address of the first business that its own people can reach from its pages."""
    found = set()
    paths = ["inbox/", "templates/", "numbers/", "contacts/", "people/", "settings/", "api-keys/", "audit/"]
    paths += ["onboarding/timeline/", "onboarding/signature/", "onboarding/activation/"]
    for page in (way.owner, way.agent):
        for path in [*paths, way.conversation_url.split(f"/b/{way.slug}/")[1]]:
            page.goto(way.address(path))
            html = page.content()
            found |= {match.rstrip("\\") for match in re.findall(rf"/b/{way.slug}/[\w/.-]*", html)}
    found |= {f"/b/{way.slug}/{path}" for path in paths}
    assert any(re.search(UUID, address) for address in found)
    return sorted(found)


def test_the_first_business_can_read_what_the_neighbour_must_not(way, secrets):
    way.agent.goto(way.conversation_url)

    for word in secrets[:3]:
        expect(way.agent.locator("body")).to_contain_text(word)


def test_every_page_of_the_first_business_is_unknown_to_the_neighbour(neighbour, stack, addresses, secrets):
    for address in addresses:
        answer = neighbour.request.get(stack.url + address, max_redirects=0)
        assert answer.status == 404, address
        assert not [word for word in secrets if word in answer.text()], address


def test_references_of_the_first_business_under_the_own_name_are_unknown(neighbour, stack, way, addresses):
    guessed = [address for address in addresses if re.search(UUID, address)]
    for address in guessed:
        own = address.replace(f"/b/{way.slug}/", f"/b/{neighbour.slug}/")
        answer = neighbour.request.get(stack.url + own, max_redirects=0)
        assert answer.status in {404, 405}, own  # 405: the address takes POST only


def test_posts_to_the_first_business_change_nothing(neighbour, stack, way):
    neighbour.goto(f"{stack.url}/b/{neighbour.slug}/people/")
    token = neighbour.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
    values = {"csrfmiddlewaretoken": token, "text": "Desde al lado", "email": "vera@vecinos.example", "role": "owner"}
    conversation = way.conversation_url.split("?")[0]
    for address in (f"{conversation}reply/", f"{conversation}note/", way.address("people/"), way.address("api-keys/")):
        answer = neighbour.request.post(address, form=values, headers={"Referer": neighbour.url}, max_redirects=0)
        assert answer.status == 404, address
        own = address.replace(f"/b/{way.slug}/", f"/b/{neighbour.slug}/")
        if re.search(UUID, own):
            answer = neighbour.request.post(own, form=values, headers={"Referer": neighbour.url}, max_redirects=0)
            assert answer.status == 404, own

    assert "Desde al lado" not in str(stack.sent_to(way.customer))


def test_the_own_pages_of_the_neighbour_show_nothing_of_the_first(neighbour, stack, secrets):
    for path in ("inbox/", "templates/", "numbers/", "contacts/", "people/", "audit/", "onboarding/"):
        answer = neighbour.request.get(f"{stack.url}/b/{neighbour.slug}/{path}")
        assert answer.ok, path
        assert not [word for word in secrets if word in answer.text()], path


def test_an_api_key_of_the_neighbour_reaches_nothing_of_the_first(neighbour, stack, way):
    key, theirs = make_key(neighbour, stack, neighbour.slug), make_key(way.owner, stack, way.slug)
    conversation = re.search(UUID, way.conversation_url)[0]

    def ask(key, path):
        return requests.get(f"{stack.url}/api/v1/{path}", headers={"Authorization": f"Bearer {key}"}, timeout=10)

    for path in ("conversations/", "phone-numbers/", "templates/", "applications/"):
        assert rows(ask(theirs, path)), path
        answer = ask(key, path)
        assert answer.status_code == 200, path
        assert rows(answer) == [], path
    assert ask(theirs, f"conversations/{conversation}/").status_code == 200
    assert ask(key, f"conversations/{conversation}/").status_code == 404
    assert ask(key, f"conversations/{conversation}/messages/").status_code == 404
    assert ask("umb_nonsense", "conversations/").status_code in {401, 403}


def rows(answer):
    """Long lists come in pages, short ones whole."""
    found = answer.json()
    return found["data"] if isinstance(found, dict) else found


def make_key(page, stack, slug):
    page.goto(f"{stack.url}/b/{slug}/api-keys/")
    form = page.locator("main form:has([name=name])")
    form.locator("[name=name]").fill("Vecindario")
    press(form)
    return page.locator("main .notice code").inner_text().strip()


def test_the_stream_of_the_first_business_is_refused(neighbour, stack, way):
    cookies = {cookie["name"]: cookie["value"] for cookie in neighbour.context.cookies(stack.url)}

    for who in (cookies, {}):
        answer = requests.get(f"{stack.url}/live/{way.slug}/", cookies=who, timeout=10, stream=True)
        assert answer.status_code in {401, 403, 404}
        answer.close()
    own = requests.get(f"{stack.url}/live/{neighbour.slug}/", cookies=cookies, timeout=10, stream=True)
    assert own.status_code == 200
    own.close()


def test_the_admin_is_closed_to_the_neighbour(neighbour, stack):
    for path in ("", "onboarding/onboardingapplication/", "onboarding/onboardingapplication/1/change/"):
        answer = neighbour.request.get(f"{stack.url}/admin/{path}", max_redirects=0)
        assert answer.status in {302, 403, 404}, path
        assert "/login/" in answer.headers.get("location", "/login/"), path
