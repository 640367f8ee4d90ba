"""The pages for news about templates, our team's queue, and the misses in the admin."""

import pytest
from django.urls import reverse

from onboarding.services import house_rules
from templates_hsm.models import LintMiss, MessageTemplate, ReviewState, TemplateReview, TemplateStatus
from templates_hsm.services import templates
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.templates_hsm.test_pages import address, page_of, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def moved(acme):
    acme.country = "CO"
    acme.save()
    template = builders.template(acme, name="moved")
    with business_scope(acme):
        templates.recategorise(template, "MARKETING")
    return template


def change_of(template):
    with every_business():
        return str(template.category_changes.get().pk)


def test_the_owner_sees_the_difference_agrees_and_reads_who_did(owner, acme, moved):
    page = page_of(owner.get(address("template_detail", moved)))
    listed = page_of(owner.get(address("template_list", business=acme)))

    assert "Nothing is sent with this template until somebody agrees." in page
    assert "Colombia" in page and "USD" in page
    assert "One template isn&#x27;t sent until somebody agrees" in listed or "One template isn't sent" in listed

    owner.post(address("template_agree", moved), {"change": change_of(moved)})

    page = page_of(owner.get(address("template_detail", moved)))
    assert stored(moved).category_waits is False
    assert "Olga agreed (" in page and "The price of Marketing was agreed to" in page


@pytest.mark.parametrize("name", ["template_agree", "template_appeal", "template_take_back", "template_wish"])
def test_only_managers_answer_and_only_for_their_own(client, acme, globex, moved, name):
    client.force_login(builders.member(acme, role="supervisor"))
    assert client.post(address(name, moved), {"change": change_of(moved)}).status_code == 403
    client.force_login(builders.member(globex, role="owner"))
    assert client.post(address(name, moved), {"change": change_of(moved)}).status_code == 404
    assert stored(moved).category_waits is True


def test_an_appeal_is_noted_and_lost(owner, moved):
    page = page_of(owner.get(address("template_detail", moved)))
    assert "Open Business Support" in page and "Last day:" in page

    owner.post(address("template_appeal", moved), {"kind": "category"})
    assert "Meta answers within 24 hours." in page_of(owner.get(address("template_detail", moved)))
    owner.post(address("template_appeal", moved), {"kind": "category", "answer": "denied"})
    assert "Not granted" in page_of(owner.get(address("template_detail", moved)))


@pytest.mark.parametrize("kind", ["", "nonsense", "rejection"])
def test_an_appeal_that_makes_no_sense_is_refused_in_words(owner, moved, kind):
    page = page_of(owner.post(address("template_appeal", moved), {"kind": kind}, follow=True))
    assert "Meta takes no appeal for this any more." in page


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("paused", "It is the first pause."),
        ("archived", "unless you take it out before"),
        ("disabled", "Ask Meta to lift it"),
        ("rejected", "Open WhatsApp Manager"),
    ],
)
def test_each_status_says_what_can_be_done(owner, acme, status, said):
    template = builders.template(acme, name=f"it_is_{status}")
    with business_scope(acme):
        templates.move(template, status)
        if status == "paused":
            MessageTemplate.objects.filter(pk=template.pk).update(pause_kind="FIRST_PAUSE")
    assert said in page_of(owner.get(address("template_detail", template)))


def test_quotas_stand_on_the_pages(owner, acme):
    template = builders.template(acme)

    assert "New templates this hour: 100 of 100 left." in page_of(owner.get(address("template_list", business=acme)))
    assert "in 24 hours: 1 of 1 left." in page_of(owner.get(address("template_detail", template)))


# Our team reads first


@pytest.fixture
def read_first(db, sam):
    house_rules.change("template_review", "true", actor=sam, reason="New customers this month.", seen="0.0")


@pytest.fixture
def waiting(acme, olga, read_first):
    template = builders.template(acme, status=TemplateStatus.DRAFT, provider_id=None)
    with business_scope(acme):
        templates.submit(template, actor=olga)
    return template


def review_of(template):
    with every_business():
        return TemplateReview.objects.filter(template=template).latest("pk")


def decide(client, sam, template, **answer):
    client.force_login(sam)
    url = reverse("admin:templates_hsm_templatereview_change", args=[review_of(template).pk])
    assert "Part by part" in page_of(client.get(url))
    return client.post(url, answer, follow=True)


def test_without_the_house_rule_nobody_reads_first(acme, olga):
    template = builders.template(acme, status=TemplateStatus.DRAFT, provider_id=None)
    with business_scope(acme):
        templates.submit(template, actor=olga)
    assert stored(template).status == TemplateStatus.SUBMITTING


def test_what_our_team_approves_goes_to_meta(client, waiting, sam, olga):
    olga.language = "en"
    olga.save(update_fields=["language"])
    assert stored(waiting).status == TemplateStatus.HOUSE_REVIEW

    decide(client, sam, waiting, _approve="1")

    assert stored(waiting).status == TemplateStatus.SUBMITTING
    assert review_of(waiting).state == ReviewState.APPROVED
    assert Mail.objects.filter(to=olga.email, subject__contains="Our team approved it").count() == 1


def test_what_our_team_sends_back_says_where_and_is_read_again_after_the_change(client, waiting, sam, olga):
    olga.language = "en"
    olga.save(update_fields=["language"])
    assert "Say what to correct" in page_of(decide(client, sam, waiting, _send_back="1"))
    decide(client, sam, waiting, **{"_send_back": "1", "note-body": "Say which order.", "decision_note": "Nearly."})
    assert stored(waiting).status == TemplateStatus.DRAFT
    assert Mail.objects.filter(to=olga.email, subject__contains="Our team sent it back").count() == 1

    client.force_login(olga)
    page = page_of(client.get(address("template_detail", waiting)))
    assert "Say which order." in page and "Nearly." in page and "#field-body" in page
    client.post(address("template_submit", waiting))
    assert stored(waiting).status == TemplateStatus.HOUSE_REVIEW


def test_the_business_takes_it_back_and_staff_come_too_late(client, waiting, sam, olga):
    client.force_login(olga)
    client.post(address("template_take_back", waiting))
    assert stored(waiting).status == TemplateStatus.DRAFT

    page = page_of(decide_late(client, sam, waiting))

    assert "decided or taken back in the meantime" in page
    assert stored(waiting).status == TemplateStatus.DRAFT


def decide_late(client, sam, template):
    client.force_login(sam)
    url = reverse("admin:templates_hsm_templatereview_change", args=[review_of(template).pk])
    return client.post(url, {"_approve": "1"}, follow=True)


# Misses


def test_staff_see_a_miss_with_metas_words_and_write_what_was_learned(client, acme, sam):
    with business_scope(acme):
        miss = LintMiss.objects.create(
            business=acme,
            name="order",
            language="en",
            category="UTILITY",
            kind="refused",
            code="2388072",
            words="The body <b>is odd</b>.",
            definition=builders.template(acme).definition,
            verdict="pass",
            versions="2026-11-22.abc",
        )
    client.force_login(sam)
    url = reverse("admin:templates_hsm_lintmiss_change", args=[miss.pk])

    listed = page_of(client.get(reverse("admin:templates_hsm_lintmiss_changelist")))
    page = page_of(client.get(url))
    assert "1 miss in 12 weeks" in listed
    assert "The body &lt;b&gt;is odd&lt;/b&gt;." in page and "2026-11-22.abc" in page
    client.post(url, {"_settle": "learned", "learned": "Tabs need a rule."})
    with every_business():
        miss.refresh_from_db()
    assert (miss.state, miss.learned, miss.settled_by_id) == ("learned", "Tabs need a rule.", sam.pk)


def test_members_see_neither_the_queue_nor_the_misses(owner):
    for name in ("templatereview", "lintmiss"):
        assert owner.get(reverse(f"admin:templates_hsm_{name}_changelist")).status_code == 302
