"""One linter: the builder, the API and the command line say the same of whatever stands in a template."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from templates_hsm.linter import INFO
from templates_hsm.models import TemplateStatus
from templates_hsm.services import checks
from tests import builders
from tests.templates_hsm.test_pages_editor import form_of

BODY = {"type": "BODY", "text": "Your order leaves our store today and comes by courier."}
QUICK = {"type": "QUICK_REPLY", "text": "Yes"}
LINK = {"type": "URL", "text": "Track", "url": "https://larch.example/t"}
OTP = {"type": "OTP", "otp_type": "COPY_CODE"}
PICTURE = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1h:e:1"]}}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends on Sunday night", "has_expiration": True}}
CARD = {"components": [PICTURE, {"type": "BODY", "text": "A room"}, {"type": "BUTTONS", "buttons": [QUICK]}]}


def body(text, *samples, named=None):
    example = {"body_text": [list(samples)]} if samples else None
    if named:
        example = {"body_text_named_params": [{"param_name": key, "example": value} for key, value in named.items()]}
    return {"type": "BODY", "text": text} | ({"example": example} if example else {})


def buttons(*rows):
    return {"type": "BUTTONS", "buttons": list(rows)}


def head(text):
    return {"type": "HEADER", "format": "TEXT", "text": text}


ODD = {
    "nothing": {"components": []},
    "components that are a text": {"components": "BODY"},
    "components of a wrong kind": {"components": {"type": "BODY"}},
    "entries that are no components": {"components": [None, 7, "BODY", [BODY], {}]},
    "a text that is a number": {"components": [{"type": "BODY", "text": 12}]},
    "two bodies": {"components": [BODY, BODY]},
    "an unknown component": {"components": [BODY, {"type": "STICKER"}]},
    "lower case": {"category": "utility", "components": [{"type": "body", "text": BODY["text"]}]},
    "a language that is not one": {"language": "en-US", "components": [BODY]},
    "a category that is not one": {"category": "OTHER", "components": [BODY]},
    "a long name": {"name": "a" * 512, "components": [BODY]},
    "a blank sample": {"components": [body("Your order {{1}} comes with {{2}} today, at noon.", "A", " ")]},
    "samples that are numbers": {"components": [body("Your order {{1}} comes today, at noon.", 7)]},
    "samples in a bare list": {
        "components": [{"type": "BODY", "text": "Order {{1}} comes today, at noon.", "example": {"body_text": ["A"]}}]
    },
    "named and counted": {"components": [body("Order {{1}} of {{name}} comes today, at noon.", "A")]},
    "named": {
        "parameter_format": "NAMED",
        "components": [body("Your order {{order_id}} comes today, at noon.", named={"order_id": "A-1"})],
    },
    "braces": {"components": [body("Your order {{{1}} comes {2} today {{ 3 }} at noon.", "A")]},
    "side by side": {"components": [body("{{1}}\n{{2}}", "A", "B")]},
    "right to left": {"language": "ar", "components": [body("طلبك رقم {{1}} في الطريق وسيصل اليوم.", "7")]},
    "no blanks between words": {"language": "zh_CN", "components": [body("您的订单 {{1}} 已经发货，请查收。", "A1")]},
    "a header in two lines": {"components": [head("*Order*\n✅ {{1}}{{2}}"), BODY]},
    "a footer with everything": {"components": [BODY, {"type": "FOOTER", "text": "For {{1}}\n*you* 🎉" + "x" * 60}]},
    "media without a sample": {"components": [{"type": "HEADER", "format": "VIDEO"}, BODY]},
    "a place": {"components": [{"type": "HEADER", "format": "LOCATION"}, BODY]},
    "eleven buttons": {"components": [BODY, buttons(*[QUICK] * 11)]},
    "mixed buttons": {"components": [BODY, buttons(QUICK, LINK, QUICK)]},
    "a hidden link": {"components": [BODY, buttons(LINK | {"url": "https://bit.ly/{{1}}/x"})]},
    "buttons that are none": {"components": [BODY, buttons(None, "Yes", {"type": "NEW", "text": "?"})]},
    "a code elsewhere": {"components": [body("Your code is {{1}}. Don't share it.", "551902"), buttons(OTP)]},
    "a coupon in utility": {"components": [BODY, buttons({"type": "COPY_CODE", "example": "LAKE20"})]},
    "authentication": {"category": "AUTHENTICATION", "components": [{"type": "BODY"}, buttons(OTP)]},
    "authentication with own text": {"category": "AUTHENTICATION", "components": [head("Code"), BODY, buttons(LINK)]},
    "an offer": {"category": "MARKETING", "components": [PICTURE, OFFER, BODY, buttons(LINK)]},
    "one card": {"category": "MARKETING", "components": [BODY, {"type": "CAROUSEL", "cards": [CARD]}]},
    "unlike cards": {
        "category": "MARKETING",
        "components": [BODY, {"type": "CAROUSEL", "cards": [CARD, {"components": [PICTURE]}]}],
    },
    "promotion": {"category": "MARKETING", "components": [body("Enjoy 20% off all shoes this weekend, {{1}}.", "Al")]},
    "promotion in utility": {"components": [body("Enjoy 20% off all shoes this weekend, {{1}}.", "Al")]},
    "a threat": {"components": [body("Pay today, {{1}}, or we tell your boss and your family.", "Al")]},
}


@pytest.fixture
def owner(client, olga):
    client.force_login(olga)
    return client


@pytest.mark.parametrize("odd", ODD)
def test_builder_api_and_command_line_say_the_same_of_odd_definitions(owner, acme, odd):
    template = builders.template(acme, status=TemplateStatus.DRAFT, provider_id=None, **{"name": "odd_one"} | ODD[odd])
    definition = template.definition
    edit, check = (
        reverse(f"templates_hsm:{name}", args=[acme.slug, template.reference])
        for name in ("template_edit", "template_check")
    )

    builder = owner.post(check, form_of(owner.get(edit)))
    api = owner.post(
        "/api/v1/templates/lint/",
        json.dumps(definition),
        content_type="application/json",
        headers={"X-Business": acme.slug},
    )
    told = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", StringIO(json.dumps({"id": 1, "input": definition})))
        call_command("preflight", "template", "--house", stdout=told)

    expected = checks.check(definition)
    assert [(row["rule"], row["severity"], row["path"]) for row in api.json()] == [
        (finding.rule, finding.severity, finding.path) for finding in expected
    ]
    assert [item.rule for item in builder.context["items"]] == [finding.rule for finding in expected]
    answer = json.loads(told.getvalue())
    assert [row["rule"] for row in answer["reasons"]] == [
        finding.rule for finding in expected if finding.severity != INFO
    ]
    assert answer["verdict"] == checks.preflight(definition)["verdict"]
