"""Templates between us and Meta: handing in, polls and news, against the sandbox over HTTP."""

import pytest

from onboarding.models import Waba
from providers.models import Incident
from templates_hsm.exceptions import HasErrors, NotPossible
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.services import exchange, templates
from tenants.tenancy import business_scope, every_business
from tests import builders

LONG_AGO = "2020-01-01T00:00Z"


@pytest.fixture
def waba(sandbox, acme):
    return builders.waba(acme, waba_id=sandbox.waba(), access_token="")


@pytest.fixture
def draft(acme, waba):
    return builders.template(acme, waba=waba, status=TemplateStatus.DRAFT, provider_id=None)


def hand_in(template, actor):
    with business_scope(template.business):
        templates.submit(template, actor=actor)
    run_submissions()


def run_submissions():
    with every_business():
        MessageTemplate.objects.exclude(submit_after=None).update(submit_after=LONG_AGO)
    exchange.submit_due()


def look():
    with every_business():
        Waba.objects.update(next_template_poll_at=LONG_AGO)
    exchange.poll_due()


def stored(template):
    with every_business():
        return MessageTemplate.objects.get(pk=template.pk)


def test_a_draft_is_handed_in_and_approved_by_poll(sandbox, draft, olga):
    hand_in(draft, olga)
    assert stored(draft).status == TemplateStatus.PENDING

    sandbox.control("decide", kind="templates", subject=stored(draft).provider_id, approve=True)
    look()

    assert stored(draft).status == TemplateStatus.APPROVED
    assert stored(draft).decided_at is not None


def test_a_rejection_brings_its_reason(sandbox, draft, olga):
    hand_in(draft, olga)
    sandbox.control(
        "decide", kind="templates", subject=stored(draft).provider_id, approve=False, reason="INVALID_FORMAT"
    )
    look()

    assert (stored(draft).status, stored(draft).rejected_reason) == (TemplateStatus.REJECTED, "INVALID_FORMAT")


def test_a_corrected_template_is_edited_and_not_made_anew(sandbox, draft, olga):
    hand_in(draft, olga)
    sandbox.control(
        "decide", kind="templates", subject=stored(draft).provider_id, approve=False, reason="INVALID_FORMAT"
    )
    look()
    corrected = [{"type": "BODY", "text": "Your order left our house today and arrives tomorrow."}]
    with business_scope(draft.business):
        again = MessageTemplate.objects.get(pk=draft.pk)
        templates.save(again, version=again.version, components=corrected, actor=olga)
    hand_in(again, olga)

    assert stored(draft).status == TemplateStatus.PENDING
    assert len(sandbox.look("state")["templates"]) == 1


def test_what_the_linter_refuses_never_leaves_the_house(sandbox, acme, waba, olga):
    bad = builders.template(
        acme, name="bad", waba=waba, status=TemplateStatus.DRAFT, provider_id=None,
        components=[{"type": "BODY", "text": "{{1}} is here", "example": {"body_text": [["x"]]}}],
    )  # fmt: skip

    with business_scope(acme), pytest.raises(HasErrors):
        templates.submit(bad, actor=olga)

    assert sandbox.look("state")["templates"] == []


def test_a_double_click_hands_in_once(sandbox, draft, olga):
    with business_scope(draft.business):
        templates.submit(draft, actor=olga)
        templates.submit(draft, actor=olga)
    run_submissions()
    run_submissions()

    assert len(sandbox.look("state")["templates"]) == 1


def test_a_lost_answer_does_not_double_the_template(sandbox, draft, olga):
    sandbox.control("faults", kind="timeout_after", scope="management", count=1)
    hand_in(draft, olga)
    run_submissions()

    assert len(sandbox.look("state")["templates"]) == 1
    assert stored(draft).status == TemplateStatus.PENDING


def test_while_the_provider_is_down_the_template_waits_and_goes_on(sandbox, draft, olga, settings):
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"
    hand_in(draft, olga)
    assert stored(draft).status == TemplateStatus.SUBMITTING

    settings.WHATSAPP_GRAPH_URL = sandbox.url
    run_submissions()

    assert stored(draft).status == TemplateStatus.PENDING


def test_a_refusal_that_we_did_not_predict_is_shown_to_staff(sandbox, acme, waba, olga):
    first = builders.template(acme, waba=waba, status=TemplateStatus.DRAFT, provider_id=None)
    sandbox.template(waba.waba_id, approve=False, name="order_update", language="en",
                     components=[{"type": "BODY", "text": "Something else stands here already."}])  # fmt: skip
    hand_in(first, olga)

    assert stored(first).status == TemplateStatus.REFUSED
    assert stored(first).last_error
    assert Incident.objects.filter(key__startswith="lint-miss:").count() == 1


def test_a_template_made_elsewhere_is_taken_in(sandbox, waba):
    sandbox.template(waba.waba_id, name="from_elsewhere", components=[{"type": "BODY", "text": "Made in the manager."}])

    look()

    with every_business():
        found = MessageTemplate.objects.get(name="from_elsewhere")
    assert (found.business_id, found.status) == (waba.business_id, TemplateStatus.APPROVED)


def test_an_old_tab_does_not_overwrite_newer_text(acme, olga):
    template = builders.template(acme, status=TemplateStatus.DRAFT, provider_id=None)
    with business_scope(acme):
        templates.save(template, version=1, name="newer", actor=olga)
        with pytest.raises(NotPossible):
            templates.save(template, version=1, name="older", actor=olga)

    assert stored(template).name == "newer"


def test_one_list_call_per_account(sandbox, acme, waba):
    for number in range(3):
        sandbox.template(
            waba.waba_id, name=f"t{number}", components=[{"type": "BODY", "text": f"Text number {number} stands here."}]
        )
    before = len(sandbox.look("calls")["calls"])

    look()

    assert len(sandbox.look("calls")["calls"]) - before == 1
