"""The conversation between a business and our reviewers: both ways, sanitised, and nobody else's."""

import pytest

from onboarding.enums import ApplicationStatus as Status
from onboarding.models import ApplicationMessage
from onboarding.services import thread
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.desk import Reviewer, address


@pytest.fixture
def submitted(acme, olga):
    return builders.application(acme, status=Status.SUBMITTED, created_by=olga, contact_email="office@acme.example")


@pytest.fixture
def at_desk(sam):
    return Reviewer(sam)


def page_of(client, person, business, path="timeline/"):
    client.force_login(person)
    return client.get(f"/b/{business.slug}/onboarding/{path}")


def say(client, person, business, text):
    client.force_login(person)
    return client.post(f"/b/{business.slug}/onboarding/messages/", {"message": text})


def written():
    with every_business():
        return list(ApplicationMessage.objects.order_by("pk").values_list("text", "from_staff"))


def test_a_reviewers_message_is_on_the_business_page_and_in_its_mail(client, at_desk, submitted, olga, acme):
    at_desk.press(submitted, "message", message="Which of the two addresses is right?")

    assert "Which of the two addresses is right?" in page_of(client, olga, acme).content.decode()
    mails = Mail.objects.order_by("to")
    assert {mail.to for mail in mails} == {"office@acme.example", olga.email}
    assert all("Which of the two addresses is right?" in mail.text for mail in mails)


def test_the_answer_of_the_business_reaches_the_one_who_has_the_application(client, at_desk, submitted, olga, acme):
    at_desk.press(submitted, "claim")
    say(client, olga, acme, "The second one.")

    assert "The second one." in at_desk.open(submitted)
    assert [mail.to for mail in Mail.objects.all()] == [at_desk.user.email]


def test_a_message_is_new_until_the_other_side_opens_the_page(client, at_desk, submitted, olga, acme):
    say(client, olga, acme, "When is it our turn?")

    with every_business():
        assert thread.unread(submitted, for_staff=True) == 1
    at_desk.open(submitted)
    with every_business():
        assert thread.unread(submitted, for_staff=True) == 0


def test_a_reviewer_who_may_only_look_does_not_take_the_news_from_the_others(client, submitted, olga, acme):
    from django.contrib.auth.models import Permission

    viewer = builders.user("vera", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_onboardingapplication"))
    say(client, olga, acme, "When is it our turn?")

    Reviewer(viewer).open(submitted)

    with every_business():
        assert thread.unread(submitted, for_staff=True) == 1


def test_a_colleagues_glance_leaves_the_message_new_for_the_one_who_has_the_application(
    client, at_desk, submitted, olga, acme
):
    at_desk.press(submitted, "claim")
    before = at_desk.client.get(address(submitted, "mark")).json()
    say(client, olga, acme, "When is it our turn?")

    Reviewer(builders.staff("teo")).open(submitted)

    with every_business():
        assert thread.unread(submitted, for_staff=True) == 1
    assert at_desk.client.get(address(submitted, "mark")).json() != before


def test_the_business_sees_that_something_new_was_written(client, at_desk, submitted, olga, acme):
    at_desk.press(submitted, "message", message="One question.")

    following = {"X-Live": "1"}  # the page looks by itself; nobody may sit before it
    client.force_login(olga)
    for _look in range(2):
        page = client.get(f"/b/{acme.slug}/onboarding/timeline/", headers=following)
        assert "Our reviewer wrote to you." in page.content.decode()
    page_of(client, olga, acme)
    assert "Our reviewer wrote to you." not in page_of(client, olga, acme).content.decode()


def test_a_neighbour_neither_reads_nor_writes(client, at_desk, submitted, acme, globex):
    at_desk.press(submitted, "message", message="Only for Acme")
    builders.application(globex, status=Status.SUBMITTED)
    stranger = builders.member(globex, "gina", role="owner")

    assert "Only for Acme" not in page_of(client, stranger, globex).content.decode()
    assert page_of(client, stranger, acme).status_code == 404
    assert say(client, stranger, acme, "Let me in").status_code == 404
    assert written() == [("Only for Acme", True)]
    with business_scope(globex):
        assert not ApplicationMessage.objects.exists()


def test_an_agent_reads_but_does_not_write(client, at_desk, submitted, ana, acme):
    at_desk.press(submitted, "message", message="Only for Acme")

    page = page_of(client, ana, acme).content.decode()

    assert "Only for Acme" in page
    assert 'name="message"' not in page
    assert say(client, ana, acme, "Hello").status_code == 403
    with every_business():
        assert thread.unread(submitted, for_staff=False) == 1


def test_markup_is_shown_and_not_run(client, at_desk, submitted, olga, acme):
    say(client, olga, acme, "<script>alert(1)</script>")

    assert "<script>alert(1)" not in at_desk.open(submitted)
    assert "&lt;script&gt;alert(1)" in page_of(client, olga, acme).content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b", "ab"),
        ("safe\u202eexe.pdf", "safeexe.pdf"),
        ("one\r\n\r\n\r\n\r\ntwo", "one\n\ntwo"),
        ("  fine 👩‍👧 ", "fine 👩‍👧"),
        ("\ud800x", "x"),
    ],
)
def test_signs_that_nobody_can_see_are_left_out(typed, kept):
    assert thread.cleaned(typed) == kept


@pytest.mark.parametrize("typed", ["", "  \n ", "\u200b\u202e", "x" * 4001])
def test_nothing_and_too_much_are_refused_and_kept_in_the_field(client, submitted, olga, acme, typed):
    response = say(client, olga, acme, typed)

    assert response.status_code == 422
    assert written() == []
    if typed.startswith("x"):
        assert typed in response.content.decode()


def test_a_double_click_writes_once(client, submitted, olga, acme):
    say(client, olga, acme, "Hello")
    say(client, olga, acme, "Hello")

    assert written() == [("Hello", False)]


def test_a_draft_has_nobody_to_write_to(client, acme, olga):
    builders.application(acme, status=Status.DRAFT)

    assert say(client, olga, acme, "Hello").status_code == 302
    assert written() == []


def test_words_that_are_ready_are_sent_in_the_applicants_language(client, at_desk, acme, submitted):
    acme.language = "pt-br"
    acme.save(update_fields=["language"])

    at_desk.press(submitted, "message", canned_message="we-are-looking", message="Até já.")

    [(text, _from_staff)] = written()
    assert text.startswith("Estamos analisando sua solicitação")
    assert text.endswith("Até já.")
