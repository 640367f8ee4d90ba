"""Carousels, offers that end and one-time codes in the builder: made, moved, judged, saved, shown and handed in."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from onboarding.services import house_rules
from templates_hsm.components import read
from templates_hsm.differences import compare
from templates_hsm.editor import Editor
from templates_hsm.linter import lint
from templates_hsm.models import MessageTemplate, TemplateMedia, TemplateStatus
from templates_hsm.services import header_media
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.templates_hsm.test_exchange import look, run_submissions
from tests.templates_hsm.test_header_media import PNG
from tests.templates_hsm.test_pages_editor import form_of, posted


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def card(number, text=True, **button):
    parts = [{"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::sample"]}}]
    if text:
        parts.append({"type": "BODY", "text": f"Blue shoes number {number} for the summer."})
    buttons = [{"type": "QUICK_REPLY", "text": f"Tell me more {number}"} | button]
    return {"components": [*parts, {"type": "BUTTONS", "buttons": buttons}]}


def carousel(count=2, **more):
    top = {"type": "BODY", "text": "These are the shoes you asked about."}
    return [top, {"type": "CAROUSEL", "cards": [card(number + 1, **more) for number in range(count)]}]


def definition(components=None):
    return {
        "name": "shoes",
        "language": "en",
        "category": "MARKETING",
        "components": carousel() if components is None else components,
    }


def drafted(acme, components, category="MARKETING"):
    return builders.template(
        acme, category=category, status=TemplateStatus.DRAFT, provider_id=None, components=components
    )


@pytest.fixture
def draft(acme):
    return drafted(acme, carousel())


@pytest.fixture
def owner(client, olga):
    olga.language = "en"
    olga.save()
    client.force_login(olga)
    return client


def address(template, name="template_edit"):
    return reverse(f"templates_hsm:{name}", args=[template.business.slug, template.reference])


def stored(template):
    with every_business():
        return MessageTemplate.objects.select_related("business", "waba").get(pk=template.pk)


def cards_stored(template):
    return stored(template).components[1]["cards"]


def texts(cards):
    return [next(part["text"] for part in one["components"] if part["type"] == "BODY") for one in cards]


# The form and the definition


def test_a_plain_message_becomes_a_carousel_of_two_empty_cards():
    plain = definition([{"type": "BODY", "text": "Look at these."}]) | {"category": "UTILITY"}

    made = Editor.of(plain).with_content("carousel").definition()

    assert made["category"] == "MARKETING"
    assert [part["type"] for part in made["components"]] == ["BODY", "CAROUSEL"]
    bare = [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": ""}]},
    ]
    assert [one["components"] for one in made["components"][1]["cards"]] == [bare, bare]
    assert Editor.of(made).with_content("message").definition()["components"] == plain["components"]


def test_a_trial_of_another_kind_of_content_is_taken_back_whole():
    plain = definition([{"type": "BODY", "text": "Look at these."}]) | {"category": "UTILITY"}
    heading = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": False}}
    buttons = {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "GARDEN20"}, LINK]}
    offer = definition([heading, {"type": "BODY", "text": "Everything for your garden."}, buttons])

    for before, others in ((plain, "carousel offer"), (definition(), "message offer"), (offer, "message carousel")):
        kind = Editor.of(before).content
        for other in others.split():
            back = Editor.of(before).with_content(other).with_content(kind).definition()
            assert back == before


def test_a_touched_card_changes_alone():
    before = definition()
    before["components"][1]["cards"][0]["note"] = "ours"

    after = Editor.typed(
        posted(
            Editor.of(before),
            **{
                "content": "carousel",
                "card-0-origin": "0",
                "card-0-body": "Red {{1}} are here for you today.",
                "card-0-example-1": "boots",
                "card-0-button-0-kind": "QUICK_REPLY",
                "card-0-button-0-origin": "0",
                "card-0-button-0-text": "Tell me more 1",
                "card-1-origin": "1",
                "card-1-body": "Blue shoes number 2 for the summer.",
                "card-1-button-0-kind": "QUICK_REPLY",
                "card-1-button-0-origin": "0",
                "card-1-button-0-text": "Tell me more 2",
            },
        ),
        before,
    ).definition()
    first, second = after["components"][1]["cards"]

    assert second == before["components"][1]["cards"][1]
    assert first["note"] == "ours"
    assert first["components"][0] == card(1)["components"][0]
    assert first["components"][1] == {
        "type": "BODY",
        "text": "Red {{1}} are here for you today.",
        "example": {"body_text": [["boots"]]},
    }


def test_the_text_of_one_card_makes_a_place_for_it_on_all():
    before = definition(carousel(text=False))
    editor = Editor.of(before)
    cards = (editor.cards[0], editor.cards[1])

    some = editor.with_cards((cards[0].__class__(**{**cards[0].__dict__, "body": "Red boots."}), cards[1])).definition()
    found = [(finding.rule, finding.path) for finding in lint(some)]

    assert texts(some["components"][1]["cards"]) == ["Red boots.", ""]
    assert ("CAROUSEL-TEXT", "components.1.cards.1.components.1.text") in found
    assert "CAROUSEL-SAME" not in {rule for rule, _path in found}
    empty = Editor.of(some)
    none = empty.with_cards([one.__class__(**{**one.__dict__, "body": ""}) for one in empty.cards]).definition()
    assert none == before


def test_the_card_that_differs_is_named():
    cards = [card(1), card(2), card(3, type="URL", url="https://shop.example/3")]
    found = {
        finding.rule: finding.path
        for finding in lint(definition([carousel()[0], {"type": "CAROUSEL", "cards": cards}]))
    }

    assert found["CAROUSEL-SAME"] == "components.1.cards.2.components"


def test_the_code_of_an_offer_is_shorter_than_that_of_a_coupon():
    def rules(code, offer):
        parts = [{"type": "BODY", "text": "Everything for your garden."}]
        parts.append({"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": code}, LINK]})
        return {finding.rule for finding in lint(definition([*offer, *parts]))}

    offer = [{"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}}]
    assert "OFFER-CODE" in rules("A" * 16, offer)
    assert "OFFER-CODE" not in rules("A" * 15, offer) | rules("A" * 16, [])


# The page


@pytest.mark.parametrize("count", [2, 10])
def test_a_carousel_sent_back_as_it_stands_changes_nothing(owner, acme, count):
    components = carousel(count)
    components[1]["cards"][0]["components"][2]["buttons"] = [
        LINK,
        {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+5715551234"},
    ]
    row = builders.template(
        acme, category="MARKETING", status=TemplateStatus.DRAFT, provider_id=None, components=components
    )

    response = owner.post(address(row), form_of(owner.get(address(row))) | {"action": "save"})

    assert response.status_code == 302
    assert stored(row).components == components
    assert stored(row).version == 1


LINK = {"type": "URL", "text": "Buy", "url": "https://shop.example/{{1}}", "example": ["https://shop.example/9"]}


def test_cards_are_added_filled_moved_and_taken_out_without_scripts(owner, draft):
    url = address(draft)
    data = form_of(owner.get(url))

    data = form_of(owner.post(url, data | {"action": "card-add"}))
    data["card-2-body"] = "Green shoes, new today."
    data = form_of(owner.post(url, data | {"action": "card-up:2"}))
    response = owner.post(url, data | {"action": "card-remove:0"})
    owner.post(url, form_of(response) | {"action": "save"})

    assert texts(cards_stored(draft)) == ["Green shoes, new today.", "Blue shoes number 2 for the summer."]
    new = cards_stored(draft)[0]["components"]
    assert [part["type"] for part in new] == ["HEADER", "BODY", "BUTTONS"]
    assert new[2]["buttons"] == [{"type": "QUICK_REPLY", "text": "Tell me more 2"}]
    assert response.context["focus"] == "field-card-0"


def test_no_fewer_than_two_cards_and_no_more_than_ten(owner, acme):
    url = address(
        builders.template(
            acme, category="MARKETING", status=TemplateStatus.DRAFT, provider_id=None, components=carousel(10)
        )
    )
    page = owner.get(url)
    assert 'value="card-add"' not in page.content.decode()
    assert "the most that WhatsApp takes" in page.content.decode()
    more = owner.post(url, form_of(page) | {"action": "card-add"})
    assert len(more.context["editor"].cards) == 10

    data = form_of(page)
    for _time in range(10):
        response = owner.post(url, data | {"action": "card-remove:0"})
        data = form_of(response)
    assert len(response.context["editor"].cards) == 2
    assert not response.context["shared"]["may_remove"]


def test_buttons_come_and_go_on_all_cards_at_once(owner, draft):
    url = address(draft)
    added = owner.post(url, form_of(owner.get(url)) | {"action": "card-button:PHONE_NUMBER"})
    full = owner.post(url, form_of(added) | {"action": "card-button:URL"})
    without = owner.post(url, form_of(added) | {"action": "card-unbutton:0"})
    last = owner.post(url, form_of(without) | {"action": "card-unbutton:0"})

    def kinds(response):
        return [[row.kind for row in one.buttons] for one in response.context["editor"].cards]

    assert kinds(added) == kinds(full) == [["QUICK_REPLY", "PHONE_NUMBER"]] * 2
    assert kinds(without) == kinds(last) == [["PHONE_NUMBER"]] * 2


@pytest.mark.parametrize(
    "action",
    [
        "card-up:0",
        "card-down:9",
        "card-remove:x",
        "card-button:FLOW",
        "card-variable:7",
        "card-unbutton:",
        "content:thing",
        "content:",
        "card-up:",
        "card:x",
    ],
)
def test_a_button_that_leads_nowhere_changes_nothing(owner, draft, action):
    url = address(draft)
    response = owner.post(url, form_of(owner.get(url)) | {"action": action})

    assert response.status_code == 200
    assert response.context["editor"].definition()["components"] == draft.components


def test_a_variable_of_a_card_is_named_like_those_of_the_text(owner, draft):
    url = address(draft)
    data = form_of(owner.get(url)) | {"body": "Hello {{name}}, look at these shoes."}

    named = owner.post(url, data | {"action": "card-variable:1"})
    counted = owner.post(url, form_of(owner.get(url)) | {"action": "card-variable:1"})

    assert named.context["editor"].cards[1].body.endswith("{{detail_1}}")
    assert counted.context["editor"].cards[1].body.endswith("{{1}}")
    assert 'name="card-1-example-detail_1"' in named.content.decode()


FAULTS = {
    "card-1-body": {"card-1-body": "x" * 161},
    "card-0-body": {"card-0-body": "a\nb\nc\nd"},
    "card-1-body_examples": {"card-1-body": "This one is for {{1}} and nobody else.", "card-1-example-1": ""},
    "card-0-button-0": {"card-0-button-0-text": "A label that is far too long for a button"},
    "card-1": {"card-1-button-0-kind": "OTHER", "card-1-button-0-origin": ""},
}


@pytest.mark.parametrize("slot", FAULTS)
def test_a_finding_stands_beside_its_card_and_field(owner, draft, slot):
    data = form_of(owner.get(address(draft))) | FAULTS[slot]

    response = owner.post(address(draft, "template_check"), data)
    text = response.content.decode()
    page = owner.post(address(draft), data | {"action": "preview"}).content.decode()

    assert response.context["slots"][slot]
    assert (
        f'id="findings-{slot}" hx-swap-oob="true"' in text
        or f'id="samples-{slot.removesuffix("-body_examples")}"' in text
    )
    assert f'id="findings-{slot}"' in page and f'id="field-{slot}"' in page
    assert stored(draft).version == 1


PARTS = {
    "message": [{"type": "BODY", "text": "Hello."}],
    "carousel": carousel(),
    "code": [{"type": "BODY"}, {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}],
    "offer": [
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}},
        {"type": "BODY", "text": "Everything for your garden."},
    ],
}


@pytest.mark.parametrize("kind", PARTS)
def test_every_place_that_findings_are_sent_to_is_on_the_page_once(owner, acme, kind):
    row = drafted(acme, PARTS[kind], category="AUTHENTICATION" if kind == "code" else "MARKETING")
    page = owner.get(address(row)).content.decode()
    told = owner.post(address(row, "template_check"), form_of(owner.get(address(row)))).content.decode()

    places = re.findall(r'id="(findings-[^"]+)" hx-swap-oob', told)
    assert len(places) > 8
    assert [place for place in places if page.count(f'id="{place}"') != 1] == []


def test_the_phone_shows_the_cards_while_one_types(owner, draft):
    data = form_of(owner.get(address(draft))) | {
        "card-0-body": "Only for {{1}}, this week.",
        "card-0-example-1": "Rosa",
    }

    page = owner.post(address(draft, "template_check"), data).content.decode()

    assert 'class="pcards"' in page and 'tabindex="0"' in page
    assert '<span class="variable" data-variable="1">Rosa</span>' in page
    assert "Tell me more 2" in page


def test_cards_of_an_arabic_template_run_from_right_to_left(owner, draft):
    page = owner.post(address(draft, "template_check"), form_of(owner.get(address(draft))) | {"language": "ar"})

    assert 'aria-label="Cards" dir="rtl"' in page.content.decode()


def test_cards_are_saved_in_the_background(owner, draft):
    data = form_of(owner.get(address(draft))) | {"card-1-body": "Yellow shoes are back."}

    told = owner.post(address(draft, "template_autosave"), data).json()

    assert told["version"] == 2
    assert texts(cards_stored(draft))[1] == "Yellow shoes are back."


def test_a_card_takes_a_file_of_ours_only(owner, acme, olga, draft):
    url = address(draft)
    page = owner.post(url, form_of(owner.get(url)) | {"action": "card:1", "card-file-1": io.BytesIO(PNG)})
    cards = page.context["cards"]
    assert cards[1]["file"]["url"] in page.content.decode()
    assert cards[0]["card"].handle == "4::sample"

    data = form_of(page) | {"card-0-media": "4::of-somebody-else", "action": "save"}
    owner.post(url, data)

    kept = cards_stored(draft)
    assert kept[1]["components"][0]["example"]["header_handle"] == [cards[1]["card"].handle]
    assert kept[1]["components"][1:] == carousel()[1]["cards"][1]["components"][1:]
    assert kept[0] == carousel()[1]["cards"][0]


@pytest.mark.parametrize(("content", "word"), [(b"%PDF-1.7\n" + b"x" * 50, "picture or a video"), (b"GIF89a..", "GIF")])
def test_a_file_that_no_card_takes_is_refused_beside_the_card(owner, draft, content, word):
    url = address(draft)
    data = form_of(owner.get(url))
    page = owner.post(url, data | {"action": "card:0", "card-file-0": io.BytesIO(content)})

    assert word in page.context["cards"][0]["problem"]
    assert page.context["cards"][1]["problem"] == ""
    assert owner.post(url, data | {"action": "card:7"}).status_code == 200
    with every_business():
        assert not TemplateMedia.objects.exists()


def chosen(**contents):
    return {f"card-file-{index[1:]}": SimpleUploadedFile("a.png", content) for index, content in contents.items()}


@pytest.mark.parametrize("action", ["card:0", "save", "card-add"])
def test_every_file_that_was_chosen_is_taken_whatever_is_pressed(owner, draft, action):
    url = address(draft)
    files = chosen(_0=PNG, _1=PNG + b"1")
    page = owner.post(url, form_of(owner.get(url)) | files | {"action": action})
    page = page if page.status_code == 200 else owner.get(url)

    assert ["file" in card and card["file"] is not None for card in page.context["cards"]][:2] == [True, True]


def test_a_file_in_the_way_keeps_the_text_from_being_saved_and_says_on_which_card(owner, draft):
    url = address(draft)
    data = (
        form_of(owner.get(url))
        | {"body": "These are even better shoes."}
        | chosen(_0=PNG, _1=b"%PDF-1.7\n" + b"x" * 50)
    )
    page = owner.post(url, data | {"action": "save"})

    assert [bool(card["file"]) for card in page.context["cards"]] == [True, False]
    assert "picture or a video" in page.context["cards"][1]["problem"]
    assert page.context["editor"].body == "These are even better shoes."
    assert stored(draft).version == 1


def test_versions_say_which_card_changed():
    after = definition()
    after["components"][1]["cards"][1] = card(5)

    changed = [part.label for part in compare(definition(), after) if part.changed]

    assert changed == ["Card 2"]


# From nothing to approved


def begin(owner, acme, content):
    new = reverse("templates_hsm:template_new", args=[acme.slug])
    made = owner.post(new, {"start": "blank", "name": "from_nothing", "language": "en", "content": content})
    assert made.status_code == 302, made.content.decode()
    with every_business():
        return made.url, MessageTemplate.objects.select_related("business").get(name="from_nothing")


@pytest.fixture
def waba(sandbox, acme, sam):
    house_rules.change("promotional_templates", "accepted", actor=sam, reason="A pilot.", seen="0.0")
    return builders.waba(acme, waba_id=sandbox.waba(), access_token="")


def approved(sandbox, row):
    run_submissions()
    assert stored(row).status == TemplateStatus.PENDING, stored(row).last_error
    sandbox.control("decide", kind="templates", subject=stored(row).provider_id, approve=True)
    look()
    return stored(row).status == TemplateStatus.APPROVED


def test_a_carousel_is_built_from_nothing_and_approved(sandbox, waba, owner, acme):
    url, row = begin(owner, acme, "carousel")
    data = form_of(owner.get(url)) | {
        "body": "Hello {{1}}, these are new in our shop this week.",
        "body-example-1": "Rosa",
    }
    data = form_of(owner.post(url, data | {"action": "card-button:URL"}))
    for index in range(2):
        data |= {
            f"card-{index}-body": "Shoes for {{1}}, made of leather by hand.",
            f"card-{index}-example-1": "summer",
            f"card-{index}-button-0-text": "Tell me more",
            f"card-{index}-button-1-text": "See it",
            f"card-{index}-button-1-url": "https://shop.example/{{1}}",
            f"card-{index}-button-1-example": "https://shop.example/shoe",
        }
        data = form_of(
            owner.post(
                url,
                data
                | {"action": f"card:{index}", f"card-file-{index}": SimpleUploadedFile("a.png", PNG + bytes([index]))},
            )
        )

    response = owner.post(url, data | {"action": "submit"})

    assert response.status_code == 302, [item.text for item in response.context["items"]]
    assert approved(sandbox, row)
    assert [one.header.format for one in read(stored(row).definition).cards] == ["IMAGE", "IMAGE"]


def test_an_offer_that_ends_is_built_from_nothing_and_approved(sandbox, waba, owner, acme):
    url, row = begin(owner, acme, "offer")
    page = owner.get(url)
    assert 'data-limit="600"' in page.content.decode() and 'name="footer"' not in page.content.decode()
    data = form_of(page) | {
        "offer": "Ends on Sunday",
        "body": "Everything for your garden is cheaper this week.",
        "button-0-example": "GARDEN20",
        "button-1-text": "To the shop",
        "button-1-url": "https://shop.example/garden",
    }
    response = owner.post(url, data | {"action": "submit"})

    assert response.status_code == 302, [item.text for item in response.context["items"]]
    offer, _body, buttons = stored(row).components
    assert offer["limited_time_offer"] == {"text": "Ends on Sunday", "has_expiration": True}
    assert buttons["buttons"][0] == {"type": "COPY_CODE", "example": "GARDEN20"}
    assert approved(sandbox, row)


WAYS = {
    "COPY_CODE": ({}, {}),
    "ONE_TAP": ({"autofill": "Fill in"}, {"autofill_text": "Fill in"}),
    "ZERO_TAP": ({"terms": "1"}, {"zero_tap_terms_accepted": True}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_one_time_code_is_built_from_nothing_and_approved(sandbox, waba, owner, acme, way):
    typed, written = WAYS[way]
    url, row = begin(owner, acme, "code")
    data = form_of(owner.get(url))
    assert data["expires"] == "10" and data["advice"] == "1"
    data |= {"expires": "5", "button-0-otp": way, "button-0-text": "Copy it"}
    if way != "COPY_CODE":
        data |= {"button-0-app-0-package": "com.example.shop", "button-0-app-0-signature": "K8a/AINcGX7"}
        written = written | {"supported_apps": [{"package_name": "com.example.shop", "signature_hash": "K8a/AINcGX7"}]}
    data |= {f"button-0-{name}": value for name, value in typed.items()}

    response = owner.post(url, data | {"action": "submit"})

    assert response.status_code == 302, [item.text for item in response.context["items"]]
    _body, footer, buttons = stored(row).components
    assert footer["code_expiration_minutes"] == 5
    assert buttons["buttons"] == [{"type": "OTP", "otp_type": way, "text": "Copy it"} | written]
    assert approved(sandbox, row)


def test_what_autofill_lacks_stands_beside_the_button(owner, acme):
    parts = [{"type": "BODY"}, {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}]
    row = builders.template(
        acme, category="AUTHENTICATION", status=TemplateStatus.DRAFT, provider_id=None, components=parts
    )
    data = form_of(owner.get(address(row))) | {"button-0-otp": "ZERO_TAP"}

    found = {item.rule for item in owner.post(address(row, "template_check"), data).context["slots"]["button-0"]}

    assert found >= {"OTP-APPS", "OTP-TERMS"}


def test_a_neighbours_file_on_a_card_is_not_shown(owner, globex, draft):
    with business_scope(globex):
        theirs = header_media.keep(globex, SimpleUploadedFile("a.png", PNG), actor=None)
    data = form_of(owner.get(address(draft))) | {"card-0-media": header_media.handle_of(theirs), "action": "preview"}

    page = owner.post(address(draft), data)

    assert page.context["cards"][0]["file"] is None
