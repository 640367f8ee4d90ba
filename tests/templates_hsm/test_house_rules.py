"""What the house decided about templates, and checks that can be reached again."""

import io
import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from onboarding.services import house_rules
from templates_hsm.exceptions import HasErrors
from templates_hsm.linter import preflight
from templates_hsm.models import CHECKED
from templates_hsm.services import checks, templates
from tenants.tenancy import business_scope
from tests import builders

PROMOTION = [{"type": "BODY", "text": "Compra ya: 50 % de descuento en zapatos, solo por hoy en nuestra tienda."}]


@pytest.fixture
def promotion(acme):
    return builders.template(
        acme, category="MARKETING", language="es", components=PROMOTION, status="draft", provider_id=None
    )


def accept(sam):
    house_rules.change("promotional_templates", "accepted", actor=sam, reason="A pilot with two brands.", seen="0.0")


def test_a_promotional_template_is_stopped_by_the_house_rule_and_says_whose_it_is(promotion, acme, olga):
    with business_scope(acme), pytest.raises(HasErrors) as refused:
        templates.submit(promotion, actor=olga)

    (finding,) = [one for one in refused.value.findings if one.severity == "error"]
    assert finding.rule == "PROMO-HOUSE" and finding.house


def test_it_may_be_handed_in_once_the_house_accepts_promotions(promotion, acme, olga, sam):
    accept(sam)
    with business_scope(acme):
        assert templates.submit(promotion, actor=olga).status == "submitting"


def test_the_command_line_judges_by_the_defaults_and_by_the_house_when_asked(promotion, sam):
    assert preflight(promotion.definition)["verdict"] == "warn"
    assert checks.preflight(promotion.definition)["verdict"] == "fail"
    accept(sam)
    assert checks.preflight(promotion.definition)["verdict"] == "pass"


def test_what_the_check_said_is_kept_and_reached_again(promotion, acme, olga, sam):
    accept(sam)
    with business_scope(acme):
        templates.submit(promotion, actor=olga)
        event = promotion.events.get(kind=CHECKED)
    assert event.details["definition"]["components"] == PROMOTION
    mark = house_rules.mark("promotional_templates")
    house_rules.change("promotional_templates", "refused", actor=sam, reason="The pilot is over.", seen=mark)

    found = checks.replayed(event)

    assert found.exact and found.same_then
    assert (found.stored.verdict, found.today.verdict) == ("pass", "fail")


def test_businesses_do_not_see_the_check_in_the_history_and_staff_replay_it(client, promotion, acme, olga, sam):
    from templates_hsm import presenting

    accept(sam)
    with business_scope(acme):
        templates.submit(promotion, actor=olga)
        event = promotion.events.get(kind=CHECKED)
        assert "checked" not in str(presenting.history_of(promotion))
    url = reverse("admin:templates_hsm_messagetemplate_replay", args=[promotion.pk, event.pk])
    client.force_login(olga)
    assert client.get(url).status_code == 302
    client.force_login(sam)

    page = client.get(url, headers={"accept-language": "en"}).content.decode()

    assert page.count(">same<") == 2
    change = client.get(reverse("admin:templates_hsm_messagetemplate_change", args=[promotion.pk]))
    assert url in change.content.decode()


def test_preflight_reads_the_house_rules_of_staff_only_when_asked(promotion, sam, monkeypatch):
    def run(*options):
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"id": 1, "input": promotion.definition}) + "\n"))
        out = io.StringIO()
        call_command("preflight", "template", *options, stdout=out)
        return json.loads(out.getvalue())["verdict"]

    accept(sam)

    assert run() == "warn"
    assert run("--house") == "pass"
    assert run("--house", "--as-of=2026-01-01") == "fail", "the change had not begun then"
