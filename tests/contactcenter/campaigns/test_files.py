"""Campaigns whose messages start with a file: the template's own, another one, and cards."""

import re
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from config.clock import now
from contactcenter import campaigns
from contactcenter.campaigns import files, lifecycle, mapping, preparing
from contactcenter.models import Campaign, CampaignFile, CampaignState, TemplateFile
from contactcenter.sender import OWN, UPLOAD_LIFE, own_digests
from contactcenter.sender.wire import build
from contactcenter.services import template_files
from onboarding import gateway
from providers.base import Action, ProviderError, ProviderUnavailable
from providers.models import Incident
from templates_hsm.services import header_media
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.campaigns import scene as steps
from tests.contactcenter.sending import sender, statuses, until

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200
OTHER = b"\x89PNG\r\n\x1a\n" + b"\x01" * 300
PDF = b"%PDF-1.7\n" + b"x" * 100
LIST = "celular,nombre\n+573001110001,Rosa\n+573001110002,Leo\n"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def uploads(monkeypatch):
    """The provider's side of uploads: what was handed in, and errors that come first."""
    seen = SimpleNamespace(contents=[], errors=[])

    def upload_media(number, *, content, mime_type, filename):
        if seen.errors:
            raise seen.errors.pop(0)
        seen.contents.append(content)
        return f"media-{len(seen.contents)}"

    monkeypatch.setattr(gateway, "line", lambda **_about: SimpleNamespace(upload_media=upload_media))
    return seen


def feed(campaign):
    """The turns of the tasks until messages may leave: the campaign rings, its files are handed in, it goes on."""
    made = steps.feed(campaign)
    return made + steps.feed(campaign) if files.run_due() else made


def own(acme, olga, content=PNG, name="summer.png"):
    with business_scope(acme):
        return header_media.keep(acme, SimpleUploadedFile(name, content), actor=olga)


def header(media):
    return {"type": "HEADER", "format": media.kind, "example": {"header_handle": [header_media.handle_of(media)]}}


BODY = {"type": "BODY", "text": "Hello {{1}}, it is here.", "example": {"body_text": [["Rosa"]]}}


def picture_campaign(acme, olga, *, components=None, people=("573001110001", "573001110002"), **options):
    components = components or [header(own(acme, olga)), BODY]
    number, template = steps.scene(acme, components=components)
    for digits in people:
        steps.person(acme, digits)
    return steps.made(acme, LIST, number=number, template=template, actor=olga, **options)


def test_the_templates_own_file_goes_along_and_is_uploaded_once(acme, olga, uploads):
    campaign = steps.started(picture_campaign(acme, olga))

    assert campaign.mapping["header_link"]["from"] == mapping.OWN and campaign.will_get == 2
    assert feed(campaign) == 2
    assert uploads.contents == [PNG]
    sent = steps.messages_of(campaign)
    with business_scope(acme):
        media = TemplateFile.objects.get()
        assert own_digests(sent[0].content) == own_digests(sent[1].content) == [media.sha256]
        assert (media.media_id, media.file_name) == ("media-1", "summer.png") and media.handed_in_at is not None
        template_file = header_media.of_header(campaign.template.definition)
        assert media.file not in (template_file.file, CampaignFile.objects.get().file)
        assert template_files.of_messages(sent)[sent[0].pk][template_files.TOP].file == media.file


def test_what_leaves_names_the_uploaded_file(acme, olga, uploads):
    campaign = steps.started(picture_campaign(acme, olga))
    feed(campaign)
    message = steps.messages_of(campaign)[0]

    item = SimpleNamespace(
        phone="573001110001", bsuid="", content=message.content, media=None, reply_to="",
        own_files={own_digests(message.content)[0]: {"media_id": "media-1"}}, message_reference=str(message.reference),
    )  # fmt: skip
    sent = build(item, "1").json["template"]["components"]

    assert sent[0] == {"type": "header", "parameters": [{"type": "image", "image": {"id": "media-1"}}]}


def test_another_file_is_chosen_on_the_page(client, acme, olga, uploads):
    campaign = picture_campaign(acme, olga)
    client.force_login(olga)
    address = f"/b/{acme.slug}/campaigns/{campaign.reference}/values/"
    assert "The template&#x27;s own file: summer.png" in client.get(address).content.decode()
    data = {"phone": "0", "name": "1", "country": "CO", "from_0": "file", "from_1": "first_name", "text_1": "you"}

    without = client.post(address, data)
    wrong = client.post(address, data | {"file_0": SimpleUploadedFile("a.pdf", PDF)})
    right = client.post(address, data | {"file_0": SimpleUploadedFile("autumn.png", OTHER)})

    assert (without.status_code, wrong.status_code, right.status_code) == (422, 422, 302)
    assert "Choose a file." in without.content.decode() and "Document" in wrong.content.decode()
    campaign = steps.again(campaign)
    assert campaign.mapping["header_link"]["name"] == "autumn.png"
    preparing.run_due()
    page = client.get(address).content.decode()
    assert "autumn.png is here" in page and f"/files/{campaign.mapping['header_link']['file']}/" in page
    shown = client.get(
        f"/b/{acme.slug}/campaigns/{campaign.reference}/files/{campaign.mapping['header_link']['file']}/"
    )
    assert b"".join(shown.streaming_content) == OTHER and shown["X-Content-Type-Options"] == "nosniff"

    # Saved again without a new file, it stays.
    assert client.post(address, data).status_code == 302
    preparing.run_due()
    with business_scope(acme):
        lifecycle.start(campaign, actor=olga, quiet=(None, None))
    feed(campaign)
    assert uploads.contents == [OTHER]


def test_a_file_is_kept_when_another_answer_was_wrong(client, acme, olga, uploads):
    campaign = picture_campaign(acme, olga)
    client.force_login(olga)
    address = f"/b/{acme.slug}/campaigns/{campaign.reference}/values/"
    data = {"phone": "0", "name": "1", "country": "CO", "from_0": "file", "from_1": "text", "text_1": ""}

    refused = client.post(address, data | {"file_0": SimpleUploadedFile("autumn.png", OTHER)})
    page = refused.content.decode()
    assert refused.status_code == 422 and "autumn.png is here" in page
    assert "file" not in steps.again(campaign).mapping["header_link"]
    kept = re.search(r'name="kept_0" value="([^"]+)"', page)[1]
    right = client.post(address, data | {"text_1": "you", "kept_0": kept})

    assert right.status_code == 302
    assert steps.again(campaign).mapping["header_link"]["name"] == "autumn.png"


def test_a_file_of_another_campaign_cannot_be_named(client, acme, olga, uploads):
    other, campaign = picture_campaign(acme, olga), picture_campaign(acme, olga, people=())
    with business_scope(acme):
        theirs = files.take_upload(
            other, mapping.slots(other.template.definition)[0], SimpleUploadedFile("a.png", OTHER)
        )
    client.force_login(olga)
    data = {"phone": "0", "name": "1", "country": "CO", "from_0": "file", "from_1": "first_name", "text_1": "you"}
    address = f"/b/{acme.slug}/campaigns/{campaign.reference}/values/"
    answer = client.post(address, data | {"kept_0": str(theirs.reference)})

    assert answer.status_code == 422 and "Choose a file." in answer.content.decode()


def test_the_check_shows_the_file_and_a_neighbour_does_not_see_it(client, acme, globex, olga, ana):
    campaign = steps.checked(picture_campaign(acme, olga))
    client.force_login(olga)
    file = f"/b/{acme.slug}/campaigns/{campaign.reference}/files/{campaign.mapping['header_link']['file']}/"

    assert file in client.get(f"/b/{acme.slug}/campaigns/{campaign.reference}/").content.decode()
    client.force_login(builders.member(globex, "nora", role="owner"))
    assert client.get(file.replace(acme.slug, globex.slug)).status_code == 404


def test_a_provider_that_is_away_is_asked_again_and_nobody_gets_it_twice(acme, olga, uploads):
    uploads.errors = [ProviderUnavailable("away")]
    campaign = steps.started(picture_campaign(acme, olga))

    assert feed(campaign) == 0
    waiting = steps.again(campaign)
    assert waiting.state == CampaignState.RUNNING and waiting.not_before > now()
    with business_scope(acme):
        Campaign.objects.update(not_before=None)
    assert feed(campaign) == 2 and feed(campaign) == 0
    assert steps.again(campaign).failures == 0


def test_feeding_a_campaign_asks_the_provider_nothing_and_rings_for_its_files(
    acme, olga, uploads, hints_sent, django_capture_on_commit_callbacks
):
    campaign = steps.started(picture_campaign(acme, olga))

    with django_capture_on_commit_callbacks(execute=True):
        assert steps.feed(campaign) == 0
    assert uploads.contents == [] and ("task", files.TASK, ()) in hints_sent
    hints_sent.clear()
    assert files.run_due() == 1
    assert uploads.contents == [PNG] and ("task", campaigns.TASK, ()) in hints_sent
    assert files.run_due() == 0 and steps.feed(campaign) == 2


def test_while_a_provider_is_away_nobody_rings_for_the_files_again(
    acme, olga, uploads, hints_sent, django_capture_on_commit_callbacks
):
    uploads.errors = [ProviderUnavailable("away")]
    campaign = steps.started(picture_campaign(acme, olga))
    assert files.run_due() == 0

    with django_capture_on_commit_callbacks(execute=True):
        assert steps.feed(campaign) == 0
    assert files.run_due() == 0
    assert hints_sent == [] and uploads.contents == []


def test_a_file_that_is_refused_stops_the_campaign_with_the_reason(acme, olga, uploads):
    uploads.errors = [ProviderError("Media upload error", action=Action.NO_RETRY)]
    campaign = steps.started(picture_campaign(acme, olga))

    assert feed(campaign) == 0
    stopped = steps.again(campaign)
    assert (stopped.state, stopped.stop_reason) == (CampaignState.STOPPED, "file_refused")
    assert stopped.stop_details["details"]


def test_a_file_is_handed_in_anew_before_whatsapp_forgets_it(acme, olga, uploads):
    campaign = steps.started(picture_campaign(acme, olga))
    feed(campaign)
    with business_scope(acme):
        assert files.are_ready(campaign)
        CampaignFile.objects.update(handed_in_at=now() - UPLOAD_LIFE * 2)
        assert not files.are_ready(campaign)
    assert files.hand_in(campaign.pk, acme.pk) and len(uploads.contents) == 2


def test_a_template_whose_own_file_went_away_is_told_before_the_check(acme, olga):
    campaign = picture_campaign(acme, olga)
    with business_scope(acme):
        header_media.of_header(campaign.template.definition).delete()
        with pytest.raises(lifecycle.NotPossible, match="own file"):
            lifecycle.check(campaign)


def test_a_thrown_away_campaign_takes_its_files_along(acme, olga, django_capture_on_commit_callbacks, settings):
    campaign = steps.checked(picture_campaign(acme, olga))
    with business_scope(acme):
        path = settings.MEDIA_ROOT / CampaignFile.objects.get().file
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True), business_scope(acme):
        lifecycle.throw_away(campaign, actor=olga)

    assert not path.exists()


def test_cards_have_their_own_files_and_values(acme, olga, uploads):
    first, second = own(acme, olga), own(acme, olga, OTHER, "autumn.png")
    cards = [
        {"components": [header(one), {"type": "BODY", "text": "Only {{1}}.", "example": {"body_text": [["10"]]}}]}
        for one in (first, second)
    ]
    campaign = picture_campaign(acme, olga, components=[BODY, {"type": "CAROUSEL", "cards": cards}])
    assert [slot.key for slot in mapping.slots(campaign.template.definition)] == [
        "body.1", "card.0.header_link", "card.0.body.1", "card.1.header_link", "card.1.body.1",
    ]  # fmt: skip

    campaign = steps.started(campaign)
    assert campaign.will_get == 2
    feed(campaign)
    carousel = steps.messages_of(campaign)[0].content["components"][1]

    assert sorted(uploads.contents) == sorted([PNG, OTHER])
    sent = [card["components"][0]["parameters"][0]["image"]["id"] for card in carousel["cards"]]
    assert sent == [f"{OWN}{first.sha256}", f"{OWN}{second.sha256}"]


@pytest.mark.django_db(transaction=True)
def test_a_campaign_that_was_paused_for_a_month_goes_on_with_files_that_whatsapp_knows(acme, olga, uploads, provider):
    card = {"components": [header(own(acme, olga, OTHER, "autumn.png")), {"type": "BODY", "text": "Only today."}]}
    components = [header(own(acme, olga)), BODY, {"type": "CAROUSEL", "cards": [card, card]}]
    campaign = steps.started(picture_campaign(acme, olga, components=components))
    feed(campaign)
    with business_scope(acme):
        lifecycle.pause(campaign, actor=olga)
        for model in (CampaignFile, TemplateFile):
            model.objects.update(handed_in_at=now() - UPLOAD_LIFE * 1.1)
        lifecycle.resume(campaign, actor=olga)
    sent = steps.messages_of(campaign)

    with sender(provider):
        assert until(lambda: statuses(sent) == {"accepted"})
    assert sorted(provider.uploads) == sorted([PNG, OTHER]) and len(provider.heard) == 2
    for heard in provider.heard:
        named = set(re.findall(r"'id': '([^']+)'", str(heard.body["template"])))
        assert named == {"media-1", "media-2"}


def test_an_address_for_everybody_still_works(acme, olga, uploads):
    rules = {
        "header_link": {"from": "text", "text": "https://files.example/a.png"},
        "body.1": {"from": "first_name", "text": "you"},
    }
    campaign = steps.started(picture_campaign(acme, olga, mapping=rules))

    assert feed(campaign) == 2 and uploads.contents == []
    assert "https://files.example/a.png" in str(steps.messages_of(campaign)[0].content)


@pytest.mark.parametrize(
    "error",
    [
        ProviderError("Access token expired", code=190, http_status=401, action=Action.STOP_NUMBER),
        ProviderError("Too many calls", code=130429, action=Action.PAUSE_NUMBER, retry_after=7000.0),
    ],
)
def test_what_speaks_about_the_number_is_not_the_file_s_fault(acme, olga, uploads, error):
    uploads.errors = [error]
    campaign = steps.started(picture_campaign(acme, olga))

    assert feed(campaign) == 0
    waiting = steps.again(campaign)
    assert waiting.state == CampaignState.RUNNING and waiting.failures == 1
    assert (waiting.not_before - now()).total_seconds() > (error.retry_after or 9) - 5
    told = {row.key for row in Incident.objects.filter(closed_at=None)}
    assert (f"sender.number:{campaign.phone_number_id}" in told) is (error.code == 190)

    with business_scope(acme):
        Campaign.objects.update(not_before=None)
    assert feed(campaign) == 2
    assert not Incident.objects.filter(closed_at=None).exists()


def test_the_check_shows_the_file_of_a_message_that_has_nothing_else_to_fill_in(client, acme, olga):
    components = [header(own(acme, olga)), {"type": "BODY", "text": "It is here."}]
    campaign = steps.checked(picture_campaign(acme, olga, components=components))
    client.force_login(olga)
    page = client.get(f"/b/{acme.slug}/campaigns/{campaign.reference}/").content.decode()

    assert page.count(f"/files/{campaign.mapping['header_link']['file']}/") == 2


def test_cards_that_were_made_with_one_picture_show_the_ones_that_were_chosen(client, acme, olga):
    card = {"components": [header(own(acme, olga)), {"type": "BODY", "text": "Only today."}]}
    campaign = picture_campaign(acme, olga, components=[BODY, {"type": "CAROUSEL", "cards": [card, card]}])
    with business_scope(acme):
        chosen = [
            files.take_upload(campaign, slot, SimpleUploadedFile(name, content))
            for slot, name, content in zip(
                [one for one in mapping.slots(campaign.template.definition) if one.media],
                ("one.png", "two.png"),
                (OTHER, OTHER + b"x"),
                strict=True,
            )
        ]
        rules = {f"card.{at}.header_link": files.rule_of(mapping.FILE, row) for at, row in enumerate(chosen)}
        lifecycle.choose_values(campaign, campaign.mapping | rules)
    campaign = steps.checked(campaign)
    client.force_login(olga)
    for step in ("", "values/"):
        page = client.get(f"/b/{acme.slug}/campaigns/{campaign.reference}/{step}").content.decode()
        first, second = (page.index(f"/files/{row.reference}/") for row in chosen)
        assert first < second


def test_a_check_throws_away_the_files_that_were_replaced(acme, olga, django_capture_on_commit_callbacks, settings):
    campaign = picture_campaign(acme, olga)
    slot = mapping.slots(campaign.template.definition)[0]
    with business_scope(acme):
        first, last = (
            files.take_upload(campaign, slot, SimpleUploadedFile("a.png", PNG + sign)) for sign in (b"1", b"2")
        )
        lifecycle.choose_values(campaign, campaign.mapping | {slot.key: files.rule_of(mapping.FILE, last)})
    with django_capture_on_commit_callbacks(execute=True):
        steps.checked(campaign)

    with business_scope(acme):
        assert CampaignFile.objects.get() == last
    assert not (settings.MEDIA_ROOT / first.file).exists() and (settings.MEDIA_ROOT / last.file).exists()


def test_drafts_have_room_for_so_many_files_and_what_is_refused_leaves_nothing(acme, olga, monkeypatch, settings):
    campaign = picture_campaign(acme, olga)
    slot = mapping.slots(campaign.template.definition)[0]
    monkeypatch.setattr(header_media, "FILES_PER_BUSINESS", 2)
    stored = lambda: sum(1 for path in settings.MEDIA_ROOT.rglob("*.png"))  # noqa: E731
    with business_scope(acme):
        for sign in (b"1", b"2"):
            files.take_upload(campaign, slot, SimpleUploadedFile("a.png", PNG + sign))
        before = stored()
        with pytest.raises(ValidationError, match="room"):
            files.take_upload(campaign, slot, SimpleUploadedFile("a.png", PNG + b"3"))
        assert stored() == before and CampaignFile.objects.count() == 2
        assert files.take_upload(campaign, slot, SimpleUploadedFile("a.png", PNG + b"2")) is not None
        with pytest.raises(lifecycle.NotPossible, match="room"):
            lifecycle.check(campaign)  # it wants a copy of the template's own

        Campaign.objects.update(started_at=now())
        files.take_upload(campaign, slot, SimpleUploadedFile("a.png", PNG + b"3"))


def test_a_file_that_is_gone_is_told_before_the_check_and_stops_what_runs(acme, olga, uploads, settings):
    campaign = picture_campaign(acme, olga)
    slot = mapping.slots(campaign.template.definition)[0]
    with business_scope(acme):
        row = files.take_upload(campaign, slot, SimpleUploadedFile("a.png", OTHER))
        lifecycle.choose_values(campaign, campaign.mapping | {slot.key: files.rule_of(mapping.FILE, row)})
    running = steps.started(campaign)
    assert steps.feed(running) == 0 and files.run_due() == 1
    (settings.MEDIA_ROOT / row.file).unlink()
    assert steps.feed(running) == 0
    assert steps.again(running).stop_reason == "file_gone" and steps.messages_of(running) == []

    with business_scope(acme):
        Campaign.objects.update(started_at=None)
        CampaignFile.objects.all().delete()
        with pytest.raises(lifecycle.NotPossible, match="isn't there any more"):
            lifecycle.check(running)
