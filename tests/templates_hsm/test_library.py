"""The library of our team: written, checked before it is published, shown to every business, withdrawn."""

import pytest
from django.urls import reverse

from templates_hsm.exceptions import HasErrors
from templates_hsm.models import LibraryTemplate, MessageTemplate
from templates_hsm.services import library
from tenants.tenancy import business_scope
from tests import builders

pytestmark = pytest.mark.django_db
TEXT = "Hi {{1}}, the technician arrives between {{2}} today. Somebody has to be at home."


def entry(sam, text=TEXT):
    body = {"type": "BODY", "text": text, "example": {"body_text": [["Rosa", "2 and 4 p.m."]]}}
    row = LibraryTemplate(use="appointment", language="en", definition={
        "name": "technician_visit", "language": "en", "category": "UTILITY", "components": [body]})  # fmt: skip
    library.save(row, actor=sam)
    return row


def keys():
    return [one.key for one in library.entries()]


def test_a_draft_is_nobodys_example_until_it_is_published_and_not_after_it_was_withdrawn(sam):
    row = entry(sam)
    assert f"library:{row.pk}" not in keys()

    library.publish(row, actor=sam)
    assert f"library:{row.pk}" in keys()

    library.withdraw(row, actor=sam)
    assert f"library:{row.pk}" not in keys()
    assert [change.kind for change in row.changes.order_by("pk")] == ["saved", "published", "withdrawn"]


def test_what_our_check_stops_is_not_published(sam):
    row = entry(sam, "{{1}}")

    with pytest.raises(HasErrors):
        library.publish(row, actor=sam)

    assert LibraryTemplate.objects.get().state == "draft"


def test_a_change_makes_a_published_one_a_draft_again(sam):
    row = library.publish(entry(sam), actor=sam)
    row.definition["components"][0]["text"] = "Hi {{1}}, the technician arrives between {{2}} tomorrow."
    library.save(row, actor=sam)

    assert f"library:{row.pk}" not in keys()


def test_a_business_begins_with_a_published_one(client, acme, olga, sam):
    builders.waba(acme)
    row = library.publish(entry(sam), actor=sam)
    client.force_login(olga)
    address = reverse("templates_hsm:template_new", args=[acme.slug])
    assert "technician arrives" in client.get(address + "?language=en").content.decode()

    client.post(address, {"start": f"library:{row.pk}"})

    with business_scope(acme):
        assert MessageTemplate.objects.get().name == "technician_visit"


def test_staff_write_publish_and_withdraw_in_the_admin(client, sam):
    client.force_login(sam)
    add = reverse("admin:templates_hsm_librarytemplate_add")
    body = '{"name": "visit", "category": "UTILITY", "components": [{"type": "BODY", "text": "{{1}}"}]}'
    refused = client.post(add, {"use": "appointment", "language": "es", "definition": '{"name": "x"}'})
    assert refused.status_code == 200 and not LibraryTemplate.objects.exists()
    client.post(add, {"use": "appointment", "language": "es", "definition": body})
    row = LibraryTemplate.objects.get()
    page = client.get(reverse("admin:templates_hsm_librarytemplate_change", args=[row.pk])).content.decode()
    assert "VAR-" in page

    listed = reverse("admin:templates_hsm_librarytemplate_changelist")
    client.post(listed, {"action": "publish", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.state == "draft"

    row.definition["components"][0]["text"] = "El técnico llega hoy entre las dos y las cuatro de la tarde."
    library.save(row, actor=sam)
    client.post(listed, {"action": "publish", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.state == "published"
