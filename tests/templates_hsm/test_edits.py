"""What Meta has approved is changed in place: rules, quotas, lost answers, refusals, and the pages for it."""

import copy
from datetime import timedelta

import pytest
from django.urls import reverse

from config.clock import now
from onboarding.services import house_rules
from providers.base import ProviderError, TemplateState
from providers.cloud_api import templates as calls
from providers.webhooks.events import TemplateComponents
from templates_hsm import heard, news_words, presenting
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import LintMiss, MessageTemplate, TemplateEvent, TemplateReview, TemplateStatus
from templates_hsm.services import edits, house_review, quotas, templates, versions, wishes
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.templates_hsm.test_exchange import hand_in, look, run_submissions, stored
from tests.templates_hsm.test_news import news_fields, say

pytestmark = pytest.mark.django_db

BEFORE = "Hello {{1}}, your order {{2}} is on its way."
AFTER = "Hello {{1}}, your order {{2}} left our house this morning."
EXAMPLE = {"body_text": [["Rosa", "48213"]]}


def body(text):
    return [{"type": "BODY", "text": text, "example": EXAMPLE}]


@pytest.fixture
def approved(sandbox, acme, olga):
    waba = builders.waba(acme, waba_id=sandbox.waba(), access_token="")
    draft = builders.template(acme, waba=waba, status=TemplateStatus.DRAFT, provider_id=None)
    hand_in(draft, olga)
    decide(sandbox, draft)
    return stored(draft)


def decide(sandbox, template, approve=True, **more):
    sandbox.control("decide", kind="templates", subject=stored(template).provider_id, approve=approve, **more)
    look()


def write(template, actor, text=AFTER, **fields):
    with business_scope(template.business):
        row = MessageTemplate.objects.get(pk=template.pk)
        templates.save(row, version=row.version, actor=actor, **{"components": body(text)} | fields)
    return stored(template)


def text_of(definition):
    return definition["components"][0]["text"]


def at_meta(sandbox, template):
    return next(row for row in sandbox.look("state")["templates"] if row["id"] == template.provider_id)


def asked_to_edit(sandbox, template):
    calls_ = sandbox.look("calls")["calls"]
    return [one for one in calls_ if one["method"] == "POST" and one["path"].endswith(f"/{template.provider_id}")]


def later(**delta):
    """Let what was asked of Meta so far have happened that much earlier, for our own count."""
    with every_business():
        for event in TemplateEvent.objects.filter(kind=quotas.ASKED):
            TemplateEvent.objects.filter(pk=event.pk).update(at=event.at - timedelta(**delta))


def test_the_text_in_force_stays_until_meta_has_the_new_one(sandbox, approved, olga):
    row = write(approved, olga)
    assert (row.status, text_of(row.definition), text_of(row.written)) == (TemplateStatus.APPROVED, BEFORE, AFTER)
    assert row.is_sendable

    hand_in(row, olga)
    row = stored(row)
    assert (row.status, text_of(row.definition), row.changes) == (TemplateStatus.PENDING, AFTER, None)
    assert not row.is_sendable
    assert at_meta(sandbox, row)["status"] == "PENDING"

    decide(sandbox, row)
    assert stored(row).is_sendable
    assert len(sandbox.look("state")["templates"]) == 1


def test_between_the_click_and_meta_neither_text_is_sent(acme, approved, olga):
    row = write(approved, olga)
    with business_scope(acme):
        templates.submit(row, actor=olga)

    assert stored(row).status == TemplateStatus.SUBMITTING
    assert not stored(row).is_sendable


def test_name_language_and_category_of_an_approved_one_stay(approved, olga):
    row = write(approved, olga, name="another", language="es", category="MARKETING")

    assert (row.name, row.language, row.written["category"]) == (approved.name, approved.language, "UTILITY")
    assert (row.written["name"], row.written["language"]) == (approved.name, approved.language)


def test_the_same_text_again_is_no_change(approved, olga):
    row = write(write(approved, olga), olga, text=BEFORE)

    assert row.changes is None
    with business_scope(row.business), pytest.raises(NotPossible):
        templates.submit(row, actor=olga)


def test_a_second_change_within_a_day_is_refused_here_and_at_meta(sandbox, approved, olga):
    hand_in(write(approved, olga), olga)
    decide(sandbox, approved)
    row = write(approved, olga, text="Hello {{1}}, your order {{2}} will be with you tomorrow.")

    with business_scope(row.business), pytest.raises(NotPossible, match="once a day"):
        templates.submit(row, actor=olga)

    later(days=2)  # our count is behind: Meta's own rule holds, and what was written stays
    hand_in(row, olga)
    row = stored(row)
    assert (row.status, row.last_error_code) == (TemplateStatus.APPROVED, 2388039)
    assert "tomorrow" in text_of(row.written)
    assert text_of(row.definition) == AFTER
    with every_business():
        assert not LintMiss.objects.exists()


def test_ten_changes_in_thirty_days_is_what_we_count(acme, approved):
    with business_scope(acme):
        for day in range(2, 12):
            quotas.note(approved, "edit", status=TemplateStatus.APPROVED)
            newest = TemplateEvent.objects.filter(kind=quotas.ASKED, new="edit").latest("pk")
            TemplateEvent.objects.filter(pk=newest.pk).update(at=now() - timedelta(days=day))
        a_day, a_month = quotas.edits(approved)

    assert (a_day.left, a_month.left) == (1, 0)
    assert a_month.next_at is not None


def test_corrections_of_a_rejected_one_use_up_no_quota(sandbox, approved, olga):
    hand_in(write(approved, olga), olga)
    decide(sandbox, approved, approve=False, reason="INVALID_FORMAT")
    row = write(approved, olga, text="Hello {{1}}, your order {{2}} comes by bicycle today.")
    assert (row.status, row.changes) == (TemplateStatus.REJECTED, None)
    hand_in(row, olga)

    assert stored(row).status == TemplateStatus.PENDING
    with business_scope(row.business):
        assert quotas.edits(row)[0].used == 1


def test_an_answer_that_got_lost_makes_no_second_edit(sandbox, approved, olga):
    row = write(approved, olga)
    sandbox.control("faults", kind="timeout_after", scope="management", count=1)
    hand_in(row, olga)
    assert stored(row).status == TemplateStatus.SUBMITTING
    run_submissions()

    assert stored(row).status == TemplateStatus.PENDING
    assert asked_to_edit(sandbox, row) == []  # the first one hangs still and isn't written down
    with business_scope(row.business):
        assert quotas.edits(row)[0].used == 1


def test_a_worker_that_died_leaves_no_second_edit(sandbox, approved, olga, monkeypatch):
    row = write(approved, olga)

    def dies(template):
        raise KeyboardInterrupt

    monkeypatch.setattr(edits, "taken", dies)
    with pytest.raises(KeyboardInterrupt):
        hand_in(row, olga)
    monkeypatch.undo()
    run_submissions()

    assert (stored(row).status, text_of(stored(row).definition)) == (TemplateStatus.PENDING, AFTER)
    assert len(asked_to_edit(sandbox, row)) == 1


CODE = [
    {"type": "BODY", "add_security_recommendation": True},
    {"type": "FOOTER", "code_expiration_minutes": 10},
    {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]},
]
CHEAPER = [
    {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends on Sunday", "has_expiration": True}},
    {"type": "BODY", "text": "Everything for your garden is cheaper."},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "COPY_CODE", "example": "GARDEN20"},
            {"type": "URL", "text": "To the shop", "url": "https://shop.example/garden"},
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+57 1 555 1234"},
        ],
    },
]


def other(components, *path, **change):
    """A copy of components with another value at a place."""
    changed = copy.deepcopy(components)
    place = changed
    for step in path:
        place = place[step]
    place.update(change)
    return changed


GIVEN_BACK = {
    "own words of Meta in a code": (CODE, [
        {"type": "BODY", "text": "*{{1}}* is your verification code.", "add_security_recommendation": True},
        {"type": "FOOTER", "text": "This code expires in 10 minutes.", "code_expiration_minutes": 10},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}]},
    ], True),
    "a code as a link": (CODE, other(CODE, 2, "buttons", 0, type="URL", text="Copy", otp_type=None,
        url="https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"), True),
    "another way of a code": (CODE, other(CODE, 2, "buttons", 0, otp_type="ONE_TAP"), False),
    "other minutes": (CODE, other(CODE, 1, code_expiration_minutes=5), False),
    "own words of Meta on a coupon": (CHEAPER, other(CHEAPER, 2, "buttons", 0, text="Copy offer code"), True),
    "digits of a number": (CHEAPER, other(CHEAPER, 2, "buttons", 2, phone_number="+5715551234"), True),
    "another number": (CHEAPER, other(CHEAPER, 2, "buttons", 2, phone_number="+5715551235"), False),
    "another heading": (CHEAPER, other(CHEAPER, 0, "limited_time_offer", text="Ends today"), False),
    "no countdown": (CHEAPER, other(CHEAPER, 0, "limited_time_offer", has_expiration=False), False),
    "another body": (CHEAPER, other(CHEAPER, 1, text="Nothing is cheaper."), False),
    "a body out of nowhere": (CHEAPER[2:], CHEAPER[1:], False),
    "another label": (CHEAPER, other(CHEAPER, 2, "buttons", 1, text="Shop"), False),
}  # fmt: skip


@pytest.mark.parametrize("case", GIVEN_BACK)
def test_what_meta_gives_back_is_compared_without_its_own_words(case):
    written, given, same = GIVEN_BACK[case]

    assert edits.says_the_same(given, {"components": written}) is same


@pytest.fixture
def code(sandbox, acme, olga):
    waba = builders.waba(acme, waba_id=sandbox.waba(), access_token="")
    fields = {"category": "AUTHENTICATION", "components": CODE, "status": TemplateStatus.DRAFT, "provider_id": None}
    draft = builders.template(acme, name="one_time_code", waba=waba, **fields)
    hand_in(draft, olga)
    decide(sandbox, draft)
    return stored(draft)


def test_an_answer_about_a_code_that_got_lost_makes_no_second_edit(sandbox, code, olga):
    row = write(code, olga, components=other(CODE, 1, code_expiration_minutes=5))
    sandbox.control("faults", kind="timeout_after", scope="management", count=1)
    hand_in(row, olga)
    run_submissions()

    row = stored(code)
    assert (row.status, row.changes, row.last_error) == (TemplateStatus.PENDING, None, "")
    assert asked_to_edit(sandbox, row) == []


def test_our_own_change_of_a_code_is_none_of_somebody_else(sandbox, acme, code, olga):
    hand_in(write(code, olga, components=other(CODE, 1, code_expiration_minutes=5)), olga)
    with every_business():
        row = MessageTemplate.objects.select_related("business", "waba").get(pk=code.pk)
        said = {"body": "*{{1}}* is your verification code.", "footer": "This code expires in 5 minutes."}
        heard.components_changed(row, TemplateComponents(**news_fields(row), **said))
        assert not row.events.filter(kind="edited elsewhere").exists()


def test_an_edit_that_never_left_is_asked_again(sandbox, approved, olga, settings):
    row = write(approved, olga)
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"
    hand_in(row, olga)
    settings.WHATSAPP_GRAPH_URL = sandbox.url
    run_submissions()

    assert stored(row).status == TemplateStatus.PENDING
    assert len(asked_to_edit(sandbox, row)) == 1


def test_news_that_overtake_the_worker_let_no_former_text_leave(acme, approved, olga):
    row = write(approved, olga)
    with business_scope(acme):
        templates.submit(row, actor=olga)
    say(row, TemplateState.APPROVED)

    assert stored(row).status == TemplateStatus.SUBMITTING


def test_what_meta_rejects_has_replaced_the_former_text(sandbox, approved, olga):
    hand_in(write(approved, olga), olga)
    decide(sandbox, approved, approve=False, reason="INVALID_FORMAT")

    row = stored(approved)
    assert (row.status, text_of(row.definition)) == (TemplateStatus.REJECTED, AFTER)
    with business_scope(row.business):
        assert news_words.edit_of(row)["kind"] == "rejected"
        kinds = [(one.kind, text_of(one.definition)) for one in versions.of(row)]
    assert (TemplateStatus.REJECTED, AFTER) == kinds[0]
    assert (TemplateStatus.APPROVED, BEFORE) in kinds


def test_a_refused_form_leaves_a_paused_template_in_its_pause(sandbox, approved, olga):
    sandbox.control("template", id=approved.provider_id, status="PAUSED")
    look()
    paused = stored(approved)
    assert paused.paused_until is not None
    row = write(paused, olga, category="MARKETING")
    assert row.written["category"] == "MARKETING"
    sandbox.control("template", id=approved.provider_id, status="DISABLED")  # and we haven't heard of it
    hand_in(row, olga)

    row = stored(row)
    assert (row.status, row.paused_until) == (TemplateStatus.PAUSED, paused.paused_until)
    assert row.last_error_code == 2388039 and row.changes is not None


def test_thrown_away_changes_leave_the_text_in_force(acme, approved, olga):
    row = write(approved, olga)
    with business_scope(acme):
        edits.throw_away(row, actor=olga)

    assert stored(row).changes is None
    assert text_of(stored(row).written) == BEFORE


def test_our_team_reads_a_change_while_the_former_text_is_sent(sandbox, acme, approved, olga, sam):
    house_rules.change("template_review", "true", actor=sam, reason="A trial.", seen="0.0")
    row = write(approved, olga)
    hand_in(row, olga)
    row = stored(row)
    assert row.status == TemplateStatus.APPROVED and row.is_sendable
    with business_scope(acme):
        assert not templates.may_change(row)
        review = TemplateReview.objects.get()
    assert text_of(review.definition) == AFTER

    with every_business():
        house_review.decide(review.pk, approve=True, by=sam)
    assert stored(row).status == TemplateStatus.SUBMITTING
    run_submissions()
    assert stored(row).status == TemplateStatus.PENDING


def test_news_of_our_own_change_count_once(acme, approved, olga):
    hand_in(write(approved, olga), olga)
    with every_business():
        row = MessageTemplate.objects.select_related("business", "waba").get(pk=approved.pk)
        heard.components_changed(row, TemplateComponents(**news_fields(row), body=AFTER))
        assert quotas.edits(row)[0].used == 1
        heard.components_changed(row, TemplateComponents(**news_fields(row), body="Somebody wrote this elsewhere."))
        assert quotas.edits(row)[0].used == 2


def rejected_in_force(sandbox, template):
    """Meta rejects the text in force while somebody writes another one."""
    sandbox.control("template", id=template.provider_id, status="REJECTED")
    look()
    row = stored(template)
    assert (row.status, text_of(row.written)) == (TemplateStatus.REJECTED, AFTER)
    return row


def test_what_our_team_reads_is_not_given_to_it_twice(sandbox, acme, approved, olga, sam):
    house_rules.change("template_review", "true", actor=sam, reason="A trial.", seen="0.0")
    hand_in(write(approved, olga), olga)
    row = rejected_in_force(sandbox, approved)

    with business_scope(acme):
        assert not templates.may_change(row)
        templates.submit(row, actor=olga)
        review = TemplateReview.objects.get()
    with every_business():
        house_review.decide(review.pk, approve=True, by=sam)
    assert stored(row).status == TemplateStatus.SUBMITTING


def test_a_refused_edit_makes_nothing_approved(sandbox, approved, olga):
    write(approved, olga)
    row = rejected_in_force(sandbox, approved)
    sandbox.control("template", id=approved.provider_id, status="DISABLED")  # and we haven't heard of it
    hand_in(row, olga)

    row = stored(row)
    assert (row.status, row.last_error_code) == (TemplateStatus.REJECTED, 2388039)
    assert presenting.trouble_of(row)["title"] == "Meta didn't take the change"
    assert "stays in force" not in presenting.trouble_of(row)["fix"]


def test_while_meta_is_asked_for_something_a_change_says_so(acme, approved, olga):
    row = write(approved, olga)
    with business_scope(acme):
        wishes.ask(row, wishes.ARCHIVE, actor=olga)
        with pytest.raises(NotPossible, match="asking Meta"):
            templates.submit(row, actor=olga)


def test_the_change_of_a_paused_template_is_shown_in_review(sandbox, approved, olga):
    sandbox.control("template", id=approved.provider_id, status="PAUSED")
    look()
    hand_in(write(stored(approved), olga), olga)

    row = stored(approved)
    assert row.status == TemplateStatus.PENDING
    with business_scope(row.business):
        assert news_words.edit_of(row)["kind"] == "review"


def test_the_category_of_an_approved_one_is_not_even_named(sandbox, approved, olga, monkeypatch):
    told = {}
    real = calls.edit

    def edit(template_id, **changes):
        told.update(changes)
        return real(template_id, **changes)

    monkeypatch.setattr(calls, "edit", edit)
    hand_in(write(approved, olga), olga)

    assert told["category"] == ""
    assert stored(approved).status == TemplateStatus.PENDING


def test_the_sandbox_refuses_as_meta_does(sandbox, approved, olga):
    from onboarding import gateway

    line = gateway.line(access_token="", provider="sandbox", subject="test")
    with pytest.raises(ProviderError) as refused:
        line.edit_template(approved.provider_id, category="MARKETING", components=body(AFTER))
    assert refused.value.subcode == 2388039
    line.edit_template(approved.provider_id, components=body(AFTER))
    with pytest.raises(ProviderError) as refused:
        line.edit_template(approved.provider_id, components=body(BEFORE))
    assert refused.value.subcode == 2388039


# The pages


def page(name, template, **more):
    args = [template.business.slug, template.reference, *more.values()]
    return reverse(f"templates_hsm:template_{name}", args=args)


def typed(template, text, **more):
    return {"version": template.version, "name": template.name, "language": template.language, "category": "UTILITY",
            "body": text, "body-example-1": "Rosa", "body-example-2": "48213"} | more  # fmt: skip


def test_the_builder_changes_an_approved_template(sandbox, client, approved, olga):
    client.force_login(olga)
    shown = client.get(page("edit", approved))
    assert shown.status_code == 200
    assert "1 of 1 left" in shown.content.decode()

    client.post(page("edit", approved), typed(approved, AFTER, action="save", category="MARKETING"))
    detail = client.get(page("detail", approved)).content.decode()
    assert BEFORE.split("{{")[0] in detail and page("discard", approved) in detail

    sent = client.post(page("edit", approved), typed(stored(approved), AFTER, action="submit"))
    assert sent.status_code == 302
    run_submissions()
    row = stored(approved)
    assert (row.status, text_of(row.definition), row.category) == (TemplateStatus.PENDING, AFTER, "UTILITY")
    compared = client.get(page("versions", approved))
    assert compared.context["differ"] is True


def test_a_quota_that_bites_is_shown_and_loses_nothing(sandbox, client, approved, olga):
    hand_in(write(approved, olga), olga)
    decide(sandbox, approved)
    client.force_login(olga)
    answer = client.post(page("edit", approved), typed(stored(approved), "Hello {{1}}, your order {{2}} comes by ship.",
                                                       action="submit"))  # fmt: skip

    assert answer.status_code == 409
    assert "once a day" in answer.context["problem"]
    assert "by ship" in text_of(stored(approved).written)


def test_an_older_text_goes_where_changes_are_written(sandbox, client, approved, olga):
    olga.language = "en"
    olga.save()
    client.force_login(olga)
    hand_in(write(approved, olga), olga)
    decide(sandbox, approved)
    row = stored(approved)
    with business_scope(row.business):
        kept = {text_of(one.definition): one.pk for one in versions.of(row)}

    def told(text):
        answer = client.post(page("restore", row, pk=kept[text]), follow=True)
        return [str(message) for message in answer.context["messages"]]

    assert told(BEFORE) == ["The older text is in your changes. The text in force stays until Meta has the new one."]
    assert text_of(stored(row).written) == BEFORE
    assert told(AFTER) == ["The changes are gone. The text in force stays as it is."]


def test_discarding_is_for_those_who_may_write(client, approved, olga, ana):
    row = write(approved, olga)
    client.force_login(ana)
    assert client.post(page("discard", row)).status_code == 403
    assert stored(row).changes is not None
    client.force_login(olga)
    client.post(page("discard", row))
    assert stored(row).changes is None
