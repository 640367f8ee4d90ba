"""Sign-up, businesses, members, invitations and API keys."""

import re

import pytest
from django.urls import reverse

from tenants.enums import Role
from tenants.models import ApiKey, Business, Invitation, Mail, Membership, User
from tests import builders


def test_a_person_signs_up_and_founds_a_business(client, db, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    client.post(
        reverse("account_signup"),
        {"full_name": "Rosa Díaz", "email": "rosa@example.com", "password1": "una-clave-larga-9"},
    )
    assert client.get("/start/").url == reverse("tenants:business_create")

    response = client.post("/new/", {"name": "Café Díaz", "country": "CO"})

    business = Business.objects.get()
    assert response.url == f"/b/{business.slug}/"
    assert Membership.objects.get().role == Role.OWNER
    assert User.objects.get().full_name == "Rosa Díaz"


def test_sign_up_sends_its_mail_through_the_mail_table(client, db):
    client.post(
        reverse("account_signup"),
        {"full_name": "Rosa", "email": "rosa@example.com", "password1": "una-clave-larga-9"},
    )

    assert Mail.objects.get().to == "rosa@example.com"


def test_a_double_click_founds_one_business(client, db):
    client.force_login(builders.user("rosa"))

    for _click in range(2):
        client.post("/new/", {"name": "Café Díaz", "country": "CO"})

    assert Business.objects.count() == 1


def test_what_was_typed_stays_when_something_is_missing(client, db):
    client.force_login(builders.user("rosa"))

    response = client.post("/new/", {"name": "", "country": "MX"})

    assert response.status_code == 422
    assert '<option value="MX" selected>' in response.content.decode()


@pytest.fixture
def invited(client, acme, olga):
    """A token for the agent whom Olga asked to come."""
    client.force_login(olga)
    client.post(f"/b/{acme.slug}/people/", {"email": "New@Example.com", "role": "agent"})
    client.logout()
    return re.search(r"/invitation/(\S+)/", Mail.objects.get().text)[1]


def test_an_invited_person_joins_with_the_role_that_was_offered(client, acme, invited):
    client.force_login(builders.user("newcomer"))

    response = client.post(f"/invitation/{invited}/")

    assert response.url == acme.get_absolute_url()
    assert acme.memberships.get(user__full_name="Newcomer").role == Role.AGENT


def test_an_invitation_works_once(client, acme, invited):
    client.force_login(builders.user("first"))
    client.post(f"/invitation/{invited}/")
    client.force_login(builders.user("second"))

    assert client.post(f"/invitation/{invited}/").status_code == 404
    assert not acme.memberships.filter(user__full_name="Second").exists()


def test_the_link_is_not_stored_readably(invited):
    assert invited not in Invitation.objects.get().token_digest


def test_an_agent_may_not_invite(client, acme, ana):
    client.force_login(ana)

    assert client.post(f"/b/{acme.slug}/people/", {"email": "x@example.com", "role": "owner"}).status_code == 403
    assert not Invitation.objects.exists()


def test_the_last_owner_stays(client, acme, olga):
    client.force_login(olga)

    client.post(f"/b/{acme.slug}/people/{olga.memberships.get().pk}/", {"remove": "1"})

    assert acme.memberships.get(user=olga).role == Role.OWNER


def test_an_administrator_may_not_make_owners(client, acme, ana):
    boss = builders.member(acme, "adam", role=Role.ADMIN)
    client.force_login(boss)

    client.post(f"/b/{acme.slug}/people/{ana.memberships.get().pk}/", {"role": "owner"})

    assert acme.memberships.get(user=ana).role == Role.AGENT


def test_a_member_of_the_neighbour_can_not_be_changed_by_guess(client, olga, acme, globex):
    theirs = builders.member(globex, "gary", role=Role.AGENT)
    client.force_login(olga)

    response = client.post(f"/b/{acme.slug}/people/{theirs.memberships.get().pk}/", {"role": "viewer"})

    assert response.status_code == 404
    assert theirs.memberships.get().role == Role.AGENT


def test_an_api_key_is_shown_once_and_stored_as_a_digest(client, acme, olga):
    client.force_login(olga)

    page = client.post(f"/b/{acme.slug}/api-keys/", {"name": "Platform", "reach": "all"}).content.decode()

    key = re.search(r"umb_[\w-]{30,}", page)[0]
    assert key not in client.get(f"/b/{acme.slug}/api-keys/").content.decode()
    assert ApiKey.objects.get().digest != key


def test_a_person_reads_the_language_chosen_once_on_every_device(client, acme):
    client.force_login(builders.member(acme, "olga", role="owner", language="pt-br"))

    page = client.get(f"/b/{acme.slug}/people/", headers={"Accept-Language": "en"}).content.decode()

    assert '<html lang="pt-br"' in page


def test_the_language_of_this_browser_wins(client, acme):
    client.force_login(builders.member(acme, "olga", role="owner", language="pt-br"))
    client.cookies["language"] = "es"

    assert '<html lang="es"' in client.get(f"/b/{acme.slug}/people/").content.decode()
