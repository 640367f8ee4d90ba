"""Versions of a template, two side by side, putting one back; languages of a name side by side."""

from datetime import timedelta

import pytest
from django.urls import reverse

from templates_hsm import differences
from templates_hsm.models import MessageTemplate, TemplateStatus, TemplateVersion
from templates_hsm.services import templates, versions
from tenants.tenancy import business_scope
from tests import builders

TEXT = "Your order left our house today and arrives tomorrow."
LATER = "Your order left our house today and arrives on Friday."


@pytest.fixture
def draft(acme):
    body = [{"type": "BODY", "text": TEXT}]
    return builders.template(acme, status=TemplateStatus.DRAFT, provider_id=None, components=body)


def save(template, actor, text):
    with business_scope(template.business):
        row = MessageTemplate.objects.get(pk=template.pk)
        return templates.save(row, version=row.version, actor=actor, components=[{"type": "BODY", "text": text}])


def kinds(template):
    with business_scope(template.business):
        return [row.kind for row in versions.of(template)]


def test_the_first_change_keeps_what_stood_there_and_a_sitting_is_one_row(draft, olga, ana):
    save(draft, olga, "One text that is long enough.")
    save(draft, olga, "Two texts that are long enough.")
    assert kinds(draft) == ["saved", "saved"]

    save(draft, ana, LATER)

    with business_scope(draft.business):
        rows = versions.of(draft)
    assert [row.definition["components"][0]["text"] for row in rows] == [LATER, "Two texts that are long enough.", TEXT]
    assert [row.actor for row in rows] == [ana, olga, None]


def test_another_ten_minutes_are_another_row(draft, olga):
    save(draft, olga, "One text that is long enough.")
    with business_scope(draft.business):
        newest = versions.newest_of(draft)
        TemplateVersion.objects.filter(pk=newest.pk).update(at=newest.at - timedelta(minutes=11))
    save(draft, olga, LATER)

    assert len(kinds(draft)) == 3


def test_handing_in_and_the_decision_are_versions_with_their_person(draft, olga):
    with business_scope(draft.business):
        row = MessageTemplate.objects.get(pk=draft.pk)
        templates.submit(row, actor=olga)
        templates.move(row, TemplateStatus.PENDING)
        templates.move(row, TemplateStatus.REJECTED, reason="INVALID_FORMAT")
        rows = versions.of(row)

    assert [(row.kind, row.actor) for row in rows] == [("rejected", None), ("submitting", olga)]


def test_words_that_changed_are_marked_on_both_sides():
    old = {"name": "a", "components": [{"type": "BODY", "text": TEXT}, {"type": "FOOTER", "text": "Bye"}]}
    new = {"name": "a", "components": [{"type": "BODY", "text": LATER}]}

    parts = {part.label: part for part in differences.compare(old, new)}

    assert not parts["Name"].changed
    assert ("gone", "tomorrow") in parts["Body"].old
    assert [text for kind, text in parts["Body"].new if kind == "new"] == ["on Friday"]
    assert parts["Footer"].old == (("gone", "Bye"),) and parts["Footer"].new == ()


def test_the_page_shows_two_versions_and_puts_one_back(client, draft, olga, acme):
    save(draft, olga, LATER)
    client.force_login(olga)
    page = client.get(reverse("templates_hsm:template_versions", args=[acme.slug, draft.reference]))
    words = page.content.decode()
    assert "<del>tomorrow</del>" in words and "<ins>on Friday</ins>" in words

    old = page.context["old"]
    client.post(reverse("templates_hsm:template_restore", args=[acme.slug, draft.reference, old.pk]))

    with business_scope(acme):
        row = MessageTemplate.objects.get(pk=draft.pk)
        assert row.components == [{"type": "BODY", "text": TEXT}]
        assert versions.of(row)[0].definition == row.definition


def test_what_meta_approved_is_not_put_back_behind_its_back(client, draft, olga, acme):
    save(draft, olga, LATER)
    with business_scope(acme):
        old = versions.of(draft)[-1]
        MessageTemplate.objects.filter(pk=draft.pk).update(status=TemplateStatus.APPROVED)
    client.force_login(olga)

    client.post(reverse("templates_hsm:template_restore", args=[acme.slug, draft.reference, old.pk]))

    with business_scope(acme):
        assert MessageTemplate.objects.get(pk=draft.pk).components == [{"type": "BODY", "text": LATER}]


def definition(text, *buttons, **more):
    return {
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": text}, {"type": "BUTTONS", "buttons": list(buttons)}],
    } | more


def test_languages_that_say_the_same_have_no_differences():
    reply = {"type": "QUICK_REPLY", "text": "Yes"}
    answer = {"type": "QUICK_REPLY", "text": "Sí"}

    assert not differences.between_languages(
        definition("Hola {{1}}, tu pedido salió.", answer), definition("Hello {{1}}, your order left.", reply)
    )


@pytest.mark.parametrize(
    ("own", "place", "word"),
    [
        (definition("Hola, tu pedido salió.", {"type": "QUICK_REPLY"}), "body", "{{1}}"),
        (definition("Hola {{1}} y {{2}}.", {"type": "QUICK_REPLY"}), "body", "{{2}}"),
        (definition("Hola {{1}}" + " largo" * 60, {"type": "QUICK_REPLY"}), "body", "longer"),
        (definition("Hola {{1}}, salió."), "buttons", "0 buttons"),
        (definition("Hola {{1}}, salió.", {"type": "URL"}), "buttons", "another kind"),
        (definition("Hola {{1}}, salió.", {"type": "QUICK_REPLY"}, category="MARKETING"), "category", "marketing"),
    ],
)
def test_what_differs_between_languages_is_said_at_its_place(own, place, word):
    model = definition("Hello {{1}}, your order left.", {"type": "QUICK_REPLY"})

    assert any(place == where and word in text for where, text in differences.between_languages(own, model))


def test_a_language_is_added_from_the_page(client, draft, olga, acme):
    client.force_login(olga)
    page = client.get(reverse("templates_hsm:template_languages", args=[acme.slug, draft.reference]))
    assert page.status_code == 200 and "en" not in dict(page.context["free"])

    client.post(
        reverse("templates_hsm:template_copy", args=[acme.slug, draft.reference]),
        {"name": draft.name, "language": "ar"},
    )

    page = client.get(reverse("templates_hsm:template_languages", args=[acme.slug, draft.reference]))
    assert [column["template"].language for column in page.context["columns"]] == ["en", "ar"]
    assert 'dir="rtl"' in page.content.decode()
