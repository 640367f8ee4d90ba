"""The template pages: for the person each is for, the colleague with too small a role, the neighbour, the stranger."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from config.clock import now
from templates_hsm import presenting, reasons
from templates_hsm.editor import Editor
from templates_hsm.examples import all_examples
from templates_hsm.linter import lint
from templates_hsm.models import IN_PLACE, MessageTemplate, TemplateStatus
from templates_hsm.services import templates
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.templates_hsm.test_pages_editor import form_of

SUBMIT_HINT = "templates_hsm.tasks.submit_due_templates"


@pytest.fixture
def draft(acme):
    return builders.template(acme, status=TemplateStatus.DRAFT, provider_id=None)


def address(name, template=None, business=None):
    if template is None:
        return reverse(f"templates_hsm:{name}", args=[business.slug])
    return reverse(f"templates_hsm:{name}", args=[template.business.slug, template.reference])


def stored(template):
    with every_business():
        return MessageTemplate.objects.select_related("business", "waba").get(pk=template.pk)


def page_of(response):
    return response.content.decode()


@pytest.fixture
def owner(client, olga):
    client.force_login(olga)
    return client


# Who may

READING = ["template_detail", "template_status"]
EDITING = [
    ("get", "template_edit"),
    ("post", "template_edit"),
    ("post", "template_check"),
    ("post", "template_autosave"),
    ("post", "template_submit"),
    ("post", "template_copy"),
    ("post", "template_delete"),
]


@pytest.mark.parametrize("role", ["viewer", "agent", "supervisor"])
def test_colleagues_look_and_do_not_touch(client, acme, draft, role):
    client.force_login(builders.member(acme, role=role))

    assert client.get(address("template_list", business=acme)).status_code == 200
    for name in READING:
        assert client.get(address(name, draft)).status_code == 200
    for method, name in EDITING:
        assert getattr(client, method)(address(name, draft)).status_code == 403
    assert client.get(address("template_new", business=acme)).status_code == 403
    assert "/edit/" not in page_of(client.get(address("template_detail", draft)))
    assert stored(draft).version == 1


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_managers_open_every_page(client, acme, draft, role):
    client.force_login(builders.member(acme, role=role))

    for name in [*READING, "template_edit"]:
        assert client.get(address(name, draft)).status_code == 200
    assert client.get(address("template_new", business=acme)).status_code == 200


def test_a_template_of_the_neighbour_is_not_there(owner, acme, globex):
    theirs = builders.template(globex, name="their_secret", status=TemplateStatus.DRAFT, provider_id=None)

    for method, name in [("get", "template_detail"), *EDITING]:
        url = reverse(f"templates_hsm:{name}", args=[acme.slug, theirs.reference])
        assert getattr(owner, method)(url).status_code == 404
    assert "their_secret" not in page_of(owner.get(address("template_list", business=acme)))


def test_a_stranger_is_sent_to_log_in(client, draft):
    assert "/accounts/login/" in client.get(address("template_detail", draft)).url
    assert "/accounts/login/" in client.post(address("template_edit", draft), {"action": "submit"}).url
    assert stored(draft).status == TemplateStatus.DRAFT


# The list


def test_the_list_groups_languages_by_name_and_filters_by_status(owner, acme):
    account = builders.waba(acme)
    builders.template(acme, name="order", waba=account)
    builders.template(acme, name="order", waba=account, language="es", status=TemplateStatus.REJECTED)
    builders.template(acme, name="visit", waba=account, status=TemplateStatus.PENDING)

    page = page_of(owner.get(address("template_list", business=acme)))
    filtered = page_of(owner.get(address("template_list", business=acme) + "?status=correct"))

    assert page.count("<h2>order</h2>") == 1
    assert "Rejected" in page and "In review at Meta" in page
    assert "Spanish" in filtered and "visit" not in filtered


def test_the_list_asks_the_database_as_often_for_three_as_for_one(owner, acme, django_assert_num_queries):
    def queries():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            owner.get(address("template_list", business=acme))
        return len(captured)

    account = builders.waba(acme)
    builders.template(acme, waba=account, name="one")
    owner.get(address("template_list", business=acme))
    few = queries()
    for name in ("two", "three"):
        builders.template(acme, waba=account, name=name)

    assert queries() == few


def test_an_empty_list_offers_the_examples(owner, acme):
    assert address("template_new", business=acme) in page_of(owner.get(address("template_list", business=acme)))


def test_the_estimate_needs_five_cases(owner, acme):
    account = builders.waba(acme)
    start = now() - timedelta(days=3)
    for number in range(5):
        times = {"submitted_at": start, "decided_at": start + timedelta(hours=number + 1)}
        assert "3 hours (median)" not in page_of(owner.get(address("template_list", business=acme)))
        builders.template(acme, name=f"t{number}", waba=account, **times)

    page = page_of(owner.get(address("template_list", business=acme)))
    assert "Your own templates took 3 hours (median); nine in ten took no more than 5 hours (5 cases)." in page


# A new one


@pytest.mark.parametrize("example", all_examples(), ids=lambda example: f"{example.use}-{example.language}")
def test_an_example_becomes_a_draft_without_findings_that_prevent(owner, acme, example):
    builders.waba(acme)

    response = owner.post(address("template_new", business=acme), {"start": f"{example.use}:{example.language}"})

    page = owner.get(response.url)
    assert page.status_code == 200
    assert page.context["summary"]["errors"] == 0
    with every_business():
        template = MessageTemplate.objects.get(business=acme)
    assert template.components == example.definition["components"]


def test_beginning_twice_with_one_example_gives_two_names(owner, acme):
    builders.waba(acme)
    for _time in range(2):
        owner.post(address("template_new", business=acme), {"start": "delivery:en"})

    with every_business():
        names = set(MessageTemplate.objects.values_list("name", flat=True))
    assert names == {"order_on_its_way", "order_on_its_way_2"}


def test_an_empty_draft_needs_a_name(owner, acme):
    builders.waba(acme)

    refused = owner.post(address("template_new", business=acme), {"start": "blank", "name": "", "language": "en"})
    made = owner.post(address("template_new", business=acme), {"start": "blank", "name": "hello", "language": "en"})

    assert refused.status_code == 422
    assert made.status_code == 302
    assert owner.get(made.url).status_code == 200


def test_with_several_accounts_one_is_chosen(owner, acme, globex):
    builders.waba(acme, name="First")
    second = builders.waba(acme, name="Second")
    theirs = builders.waba(globex, name="Theirs")
    page = page_of(owner.get(address("template_new", business=acme)))
    url = address("template_new", business=acme)

    assert "Second" in page and "Theirs" not in page
    assert owner.post(url, {"start": "delivery:en", "waba": str(theirs.reference)}).status_code == 422
    assert owner.post(url, {"start": "delivery:en", "waba": str(second.reference)}).status_code == 302
    with every_business():
        assert MessageTemplate.objects.get().waba == second


def test_without_an_account_the_page_says_where_it_comes_from(owner, acme):
    page = page_of(owner.get(address("template_new", business=acme)))

    assert "No WhatsApp account yet" in page
    assert owner.post(address("template_new", business=acme), {"start": "delivery:en"}).status_code == 422


# The builder


@pytest.mark.parametrize("example", all_examples(), ids=lambda example: f"{example.use}-{example.language}")
def test_the_page_sent_back_as_it_stands_changes_nothing(owner, acme, example):
    fields = {name: example.definition[name] for name in ("language", "category", "components")}
    fields["parameter_format"] = example.definition.get("parameter_format", "POSITIONAL")
    template = builders.template(acme, name="same", status=TemplateStatus.DRAFT, provider_id=None, **fields)
    data = form_of(owner.get(address("template_edit", template)))

    response = owner.post(address("template_edit", template), data | {"action": "save"})

    assert response.status_code == 302
    assert stored(template).definition == template.definition
    assert stored(template).version == 1


def changed_form(owner, template, **changes):
    data = form_of(owner.get(address("template_edit", template)))
    for name, value in changes.items():
        data[name] = value
    return data


def test_what_is_saved_is_there_afterwards(owner, draft):
    data = changed_form(owner, draft, body="Hello {{1}}, order {{2}} arrives today.", footer="Write STOP to end this")

    response = owner.post(address("template_edit", draft), data | {"action": "save"})

    assert response.status_code == 302
    assert stored(draft).components[0]["text"] == "Hello {{1}}, order {{2}} arrives today."
    assert stored(draft).components[1] == {"type": "FOOTER", "text": "Write STOP to end this"}
    assert stored(draft).version == 2


FAULTS = {
    "name": ({"name": "Order Update"}, "name"),
    "header": ({"header": "x" * 61}, "header"),
    "body": ({"body": "{{1}} is your order {{2}}, it arrives today."}, "body"),
    "body_examples": ({"body-example-1": ""}, "body_examples"),
    "footer": ({"footer": "Bye {{1}}"}, "footer"),
    "button": (
        {"button-0-kind": "QUICK_REPLY", "button-0-text": "A label that is far too long for a button"},
        "button-0",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_finding_stands_beside_its_field(owner, draft, fault):
    changes, slot = FAULTS[fault]
    response = owner.post(address("template_check", draft), changed_form(owner, draft, **changes))

    assert [item.text for item in response.context["slots"][slot]]
    assert response.context["summary"]["errors"]
    text = page_of(response)
    place = text.index(f'id="findings-{slot}"')
    assert text.index('class="lint stop"', place) < text.index("</div>", place) + 400
    assert stored(draft).version == 1


def test_the_preview_shows_the_samples_while_one_types(owner, draft):
    data = changed_form(owner, draft, body="Hello {{1}}, order {{2}} and {{3}} come today.")
    data["body-example-1"] = "Marta"

    page = page_of(owner.post(address("template_check", draft), data))

    assert '<span class="variable" data-variable="1">Marta</span>' in page
    assert 'name="body-example-3"' in page


def test_the_samples_are_left_alone_while_the_variables_stay(owner, draft):
    page = page_of(owner.post(address("template_check", draft), changed_form(owner, draft, footer="Bye")))

    assert "samples-body" not in page


def test_a_fix_is_one_click_and_stores_nothing(owner, draft):
    data = changed_form(owner, draft, name="Order Update")
    item = owner.post(address("template_check", draft), data).context["slots"]["name"][0]

    response = owner.post(address("template_edit", draft), data | {"action": f"fix:{item.key}"})

    assert response.context["editor"].name == "order_update"
    assert 'value="order_update"' in page_of(response)
    assert stored(draft).name == draft.name
    again = owner.post(address("template_edit", draft), form_of(response) | {"action": f"fix:{item.key}"})
    assert "settled already" in page_of(again)


@pytest.mark.parametrize("action", ["add:URL", "up:0", "down:0", "remove:0", "variable", "preview", "", "fix:", "up:x"])
def test_the_small_buttons_work_without_scripts_and_store_nothing(owner, draft, action):
    data = changed_form(owner, draft, footer="Kept", action=action)

    response = owner.post(address("template_edit", draft), data)

    assert response.status_code == 200
    assert 'value="Kept"' in page_of(response)
    assert stored(draft).version == 1


def test_buttons_are_added_and_ordered_on_the_page(owner, draft):
    url = address("template_edit", draft)
    data = changed_form(owner, draft)
    for label in ("Yes", "No"):
        data = form_of(owner.post(url, data | {"action": "add:QUICK_REPLY"}))
        last = max(name for name in data if name.endswith("-text"))
        data[last] = label
    data = form_of(owner.post(url, data | {"action": "up:1"}))
    owner.post(url, data | {"action": "save"})

    assert [button["text"] for button in stored(draft).components[1]["buttons"]] == ["No", "Yes"]


def test_parts_the_form_cannot_edit_are_named_and_kept(owner, draft):
    request = {"type": "CALL_PERMISSION_REQUEST"}
    with business_scope(draft.business):
        MessageTemplate.objects.filter(pk=draft.pk).update(components=[*draft.components, request])
    data = changed_form(owner, draft, footer="Bye")

    page = page_of(owner.get(address("template_edit", draft)))
    owner.post(address("template_edit", draft), data | {"action": "save"})

    assert "Kept as it is:" in page and "Request for permission to call" in page
    assert request in stored(draft).components
    assert {"type": "FOOTER", "text": "Bye"} in stored(draft).components


def test_an_old_tab_overwrites_nothing_and_loses_nothing(owner, olga, draft):
    data = changed_form(owner, draft, body="Typed in the old tab, {{1}} and {{2}} stay.")
    with business_scope(draft.business):
        templates.save(stored(draft), version=1, name="newer_name", actor=olga)

    refused = owner.post(address("template_edit", draft), data | {"action": "save"})

    assert refused.status_code == 409
    assert "Typed in the old tab" in page_of(refused)
    assert stored(draft).name == "newer_name"
    still = owner.post(address("template_edit", draft), form_of(refused) | {"action": "save"})
    assert still.status_code == 409
    owner.post(address("template_edit", draft), form_of(refused) | {"action": "overwrite"})
    assert "Typed in the old tab" in stored(draft).components[0]["text"]


def test_saving_in_the_background_tells_version_and_time(owner, olga, draft):
    data = changed_form(owner, draft, footer="Bye")

    answer = owner.post(address("template_autosave", draft), data)
    same = owner.post(address("template_autosave", draft), data | {"version": "2"})
    old = owner.post(address("template_autosave", draft), data | {"version": "1", "footer": "Another"})
    nameless = owner.post(address("template_autosave", draft), data | {"version": "2", "name": " "})

    assert answer.json()["version"] == 2 and "saved" in answer.json()["saved"]
    assert same.json()["version"] == 2
    assert (old.status_code, old.json()["stale"]) == (409, True)
    assert (nameless.status_code, nameless.json()["stale"]) == (422, False)
    assert stored(draft).components[1]["text"] == "Bye"


def test_a_taken_name_is_said_and_what_was_typed_stays(owner, acme, draft):
    builders.template(acme, name="taken", waba=draft.waba)

    data = changed_form(owner, draft, name="taken", action="save")

    response = owner.post(address("template_edit", draft), data)

    assert response.status_code == 409
    assert "already a template with this name" in page_of(response)
    assert "Save mine over it" not in page_of(response)


@pytest.mark.parametrize("status", sorted(set(TemplateStatus) - templates.EDITABLE - IN_PLACE))
def test_what_meta_has_in_hand_is_not_edited_here(owner, acme, status):
    template = builders.template(acme, status=status)

    detail = address("template_detail", template)

    assert owner.get(address("template_edit", template)).url == detail
    assert owner.post(address("template_edit", template), {"action": "save"}).url == detail
    assert stored(template).version == 1


def test_a_template_meta_knows_keeps_its_name_and_language(owner, acme):
    template = builders.template(acme, status=TemplateStatus.REJECTED, rejected_reason="INCORRECT_CATEGORY")
    data = changed_form(owner, template, name="another", language="es", category="MARKETING")

    owner.post(address("template_edit", template), data | {"action": "save"})

    after = stored(template)
    assert (after.name, after.language, after.category) == (template.name, "en", "MARKETING")


# Handing in


def test_sending_hands_in_what_was_typed_and_a_second_click_changes_nothing(owner, draft, hints_sent):
    data = changed_form(owner, draft, footer="Write STOP to end this") | {"action": "submit"}

    first = owner.post(address("template_edit", draft), data)
    second = owner.post(address("template_edit", draft), data)

    assert first.url == second.url == address("template_detail", draft)
    assert stored(draft).status == TemplateStatus.SUBMITTING
    assert stored(draft).components[1]["text"] == "Write STOP to end this"
    with every_business():
        assert draft.events.filter(kind="status").count() == 1
    assert "We are handing it in at Meta" in page_of(owner.get(first.url))


def test_errors_stop_the_sending_and_stand_at_their_place(owner, draft, hints_sent):
    data = changed_form(owner, draft, body="{{1}}") | {"action": "submit"}

    response = owner.post(address("template_edit", draft), data)

    assert response.status_code == 422
    assert response.context["slots"]["body"]
    assert "saved" in page_of(response)
    assert stored(draft).status == TemplateStatus.DRAFT
    assert stored(draft).components[0]["text"] == "{{1}}"
    again = form_of(response)
    again["body"] = "Hello {{1}}, your order arrives today."
    assert owner.post(address("template_edit", draft), again | {"action": "submit"}).status_code == 302
    assert stored(draft).status == TemplateStatus.SUBMITTING


def test_sending_from_the_page_of_a_draft(owner, draft):
    owner.post(address("template_submit", draft))
    owner.post(address("template_submit", draft))

    assert stored(draft).status == TemplateStatus.SUBMITTING
    with every_business():
        assert draft.events.filter(kind="status").count() == 1


def test_sending_a_faulty_draft_leads_to_the_builder(owner, acme):
    template = builders.template(
        acme, status=TemplateStatus.DRAFT, provider_id=None, components=[{"type": "BODY", "text": "{{1}}"}]
    )

    assert owner.post(address("template_submit", template)).url == address("template_edit", template)
    assert stored(template).status == TemplateStatus.DRAFT


def test_without_an_account_at_meta_the_reason_is_said(owner, acme):
    template = builders.template(
        acme, waba=builders.waba(acme, waba_id=None), status=TemplateStatus.DRAFT, provider_id=None
    )

    response = owner.post(address("template_submit", template), follow=True)

    assert "isn&#x27;t ready yet" in page_of(response)


# Following


@pytest.mark.parametrize("status", TemplateStatus)
def test_every_status_has_a_look_and_a_page(owner, acme, status):
    template = builders.template(acme, status=status, status_raw="SOMETHING_NEW" if status == "unknown" else "")

    page = page_of(owner.get(address("template_status", template)))

    word = "SOMETHING_NEW" if status == "unknown" else str(status.label)
    assert word.replace("'", "&#x27;") in page
    assert ("hx-get" in page) == (status in {"house_review", "submitting", "pending", "in_appeal"})


def test_an_open_page_looks_less_and_less_often(owner, acme):
    template = builders.template(acme, status=TemplateStatus.PENDING)
    url = address("template_status", template)

    pauses = [owner.get(f"{url}?n={n}").context["seconds"] for n in ("0", "5", "20", "99", "x", "99999999999")]

    assert pauses[0] == 3
    assert pauses[0] < pauses[1] < pauses[2] <= pauses[3] == 60
    assert pauses[4] == 3


@pytest.mark.parametrize("code", [*reasons.REASONS, "SOMETHING_NEW", ""])
def test_a_rejection_is_explained_with_a_way_to_put_it_right(owner, acme, code):
    template = builders.template(
        acme, status=TemplateStatus.REJECTED, rejected_reason=code, rejection_details="Meta's <own> words"
    )

    response = owner.get(address("template_detail", template))

    told = reasons.explain_rejection(code)
    assert response.context["trouble"]["title"] == told.title
    assert response.context["trouble"]["fix"] == told.fix
    assert "Meta&#x27;s &lt;own&gt; words" in page_of(response)
    assert address("template_edit", template) in page_of(response)


def test_a_refusal_is_explained(owner, acme):
    template = builders.template(
        acme, status=TemplateStatus.REFUSED, provider_id=None, last_error="Duplicate", last_error_code=2388024
    )

    assert owner.get(address("template_detail", template)).context["trouble"]["kind"] == "stop"


def test_while_meta_does_not_answer_the_page_says_that_it_goes_on(owner, acme):
    template = builders.template(
        acme, status=TemplateStatus.SUBMITTING, provider_id=None, submit_attempts=2, last_error="connection refused"
    )

    page = page_of(owner.get(address("template_detail", template)))

    assert "We try again by ourselves" in page
    assert "connection refused" not in page


def test_a_change_of_category_by_meta_is_shown(owner, acme):
    moved = builders.template(acme, category="MARKETING", previous_category="UTILITY")
    moving = builders.template(acme, name="other", correct_category="MARKETING")

    assert "Meta moved it here from Utility" in page_of(owner.get(address("template_detail", moved)))
    assert "Meta will move it to Marketing" in page_of(owner.get(address("template_detail", moving)))


def test_what_meta_refused_may_be_refused_again_until_something_is_changed(owner, olga, acme, draft):
    olga.language = "en"
    olga.save()
    with business_scope(acme):
        templates.submit(draft, actor=olga)
        MessageTemplate.objects.filter(pk=draft.pk).update(
            status=TemplateStatus.REFUSED, last_error="Too many variables for its length", last_error_code=2388293
        )
    page = owner.get(address("template_edit", draft))
    assert page.context["summary"]["outlook"] == ("warn", "May be refused")
    assert owner.get(address("template_detail", draft)).context["summary"]["outlook"][0] == "warn"

    other = form_of(page) | {"body": "Hello {{1}}, your order {{2}} left our house this morning and is on its way."}
    told = owner.post(address("template_check", draft), other)
    assert told.context["summary"]["outlook"][0] == "ok"
    owner.post(address("template_edit", draft), other | {"action": "save"})
    assert owner.get(address("template_detail", draft)).context["summary"]["outlook"][0] == "ok"


def test_what_trials_saw_refused_may_be_refused():
    class Item:
        kind, rule = "info", "VAR-RATIO-PROBED"

    assert presenting.summary_of([Item])["outlook"][0] == "warn"
    assert presenting.summary_of([])["outlook"][0] == "ok"


# Copying and throwing away


def test_a_copy_in_another_language(owner, acme):
    template = builders.template(acme)

    response = owner.post(address("template_copy", template), {"name": template.name, "language": "es"})

    with every_business():
        copied = MessageTemplate.objects.get(language="es")
    assert response.url == reverse("templates_hsm:template_edit", args=[acme.slug, copied.reference])
    assert (copied.name, copied.components, copied.status) == (template.name, template.components, "draft")
    assert owner.post(address("template_copy", template), {"name": "", "language": "es"}).status_code == 422


def test_only_drafts_are_thrown_away(owner, acme, draft):
    approved = builders.template(acme, name="approved_one")

    owner.post(address("template_delete", approved))
    owner.post(address("template_delete", draft))

    with every_business():
        assert list(MessageTemplate.objects.values_list("name", flat=True)) == ["approved_one"]


def test_what_meta_has_is_not_thrown_away(owner, olga, acme, draft):
    olga.language = "en"
    olga.save()
    refused = builders.template(acme, name="refused_one", status=TemplateStatus.REFUSED)

    assert "Throw the draft away" in page_of(owner.get(address("template_detail", draft)))
    assert "Throw the draft away" not in page_of(owner.get(address("template_detail", refused)))
    owner.post(address("template_delete", refused))
    assert stored(refused).name == "refused_one"


# One engine

TEXTS = [
    ("order_update", "Hello {{1}}, your order {{2}} is on its way.", [["Rosa", "48213"]]),
    ("Bad Name", "{{1}} Buy now with 50% off {{3}}", [["Rosa"]]),
    ("no_samples", "Hello {{name}}, use bit.ly/abc to pay.", None),
    ("empty", "", None),
]


@pytest.mark.parametrize(("name", "text", "samples"), TEXTS)
def test_builder_api_and_command_line_say_the_same(owner, acme, name, text, samples):
    body = {"type": "BODY", "text": text} | ({"example": {"body_text": samples}} if samples else {})
    template = builders.template(acme, name=name, components=[body], status=TemplateStatus.DRAFT, provider_id=None)
    definition = template.definition
    out = StringIO()

    builder = owner.post(address("template_check", template), form_of(owner.get(address("template_edit", template))))
    api = owner.post(
        "/api/v1/templates/lint/",
        json.dumps(definition),
        content_type="application/json",
        headers={"X-Business": acme.slug},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", StringIO(json.dumps({"id": "1", "input": definition})))
        call_command("preflight", "template", stdout=out)

    expected = [(finding.rule, finding.text) for finding in lint(definition, reader="en")]
    assert [(item.rule, item.text) for item in builder.context["items"]] == expected
    assert [(row["rule"], row["text"]) for row in api.json()] == expected
    told = json.loads(out.getvalue())["reasons"]
    assert [(row["rule"], row["text"]) for row in told] == [
        (finding.rule, finding.text) for finding in lint(definition, reader="en") if finding.severity != "info"
    ]
    assert Editor.of(definition).definition() == definition
