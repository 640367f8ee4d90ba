"""Templates in the staff admin: everything to see, nothing to change."""

import pytest
from django.urls import reverse

from templates_hsm.models import TemplateStatus
from templates_hsm.services import templates
from tenants.tenancy import business_scope
from tests import builders


@pytest.fixture
def staff(client, sam):
    client.force_login(sam)
    return client


def test_staff_see_status_findings_error_and_history(staff, acme, olga):
    template = builders.template(
        acme,
        status=TemplateStatus.REFUSED,
        provider_id=None,
        last_error="Invalid <b>parameter</b>",
        components=[{"type": "BODY", "text": "{{1}}"}],
    )
    with business_scope(acme):
        templates.record(template, "refused", "", "100", text="Invalid parameter", actor=olga)

    page = staff.get(reverse("admin:templates_hsm_messagetemplate_change", args=[template.pk])).content.decode()

    assert "Invalid &lt;b&gt;parameter&lt;/b&gt;" in page
    assert "Prevents sending:" in page
    assert "Meta answered with error 100" in page


def test_the_list_covers_every_business_and_changes_nothing(staff, acme, globex):
    first = builders.template(acme, name="acme_one")
    builders.template(globex, name="globex_one")
    url = reverse("admin:templates_hsm_messagetemplate_changelist")

    page = staff.get(url).content.decode()

    assert "acme_one" in page and "globex_one" in page
    assert "globex_one" not in staff.get(f"{url}?q=acme").content.decode()
    assert staff.post(reverse("admin:templates_hsm_messagetemplate_delete", args=[first.pk])).status_code == 403
    assert staff.post(reverse("admin:templates_hsm_messagetemplate_change", args=[first.pk]), {}).status_code == 403


def test_members_of_a_business_do_not_get_in(client, olga, acme):
    template = builders.template(acme)
    client.force_login(olga)

    assert client.get(reverse("admin:templates_hsm_messagetemplate_change", args=[template.pk])).status_code == 302
