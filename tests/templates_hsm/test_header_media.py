"""The file of a media header: judged by its bytes, kept privately, handed to Meta as a sample, shown in the builder."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from templates_hsm.components import read
from templates_hsm.components.media import own_files, with_handles
from templates_hsm.models import MessageTemplate, TemplateMedia, TemplateStatus
from templates_hsm.services import exchange, header_media, templates
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.templates_hsm.test_exchange import run_submissions

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\x00" * 100
PDF = b"%PDF-1.7\n" + b"x" * 100


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def upload(content, name="photo.png"):
    return SimpleUploadedFile(name, content)


def with_header(acme, olga, content=PNG, **more):
    with business_scope(acme):
        media = header_media.keep(acme, upload(content), actor=olga)
    header = {"type": "HEADER", "format": media.kind, "example": {"header_handle": [header_media.handle_of(media)]}}
    text = {"type": "BODY", "text": "Your order left our house today and arrives tomorrow."}
    return builders.template(
        acme, status=TemplateStatus.DRAFT, provider_id=None, components=[header, text], **more
    ), media


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "IMAGE"), (b"\xff\xd8\xff\xe0" + b"x" * 50, "IMAGE"), (MP4, "VIDEO"), (PDF, "DOCUMENT")],
)
def test_the_bytes_say_what_a_file_is_whatever_its_name(content, kind):
    assert header_media.examine(upload(content, "holiday.exe")).kind == kind


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "WebP"),
        (b"GIF89a" + b"\x00" * 20, "GIF"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 20, "HEIC"),
        (b"\x00\x00\x00\x14ftypqt  " + b"\x00" * 20, "MP4"),
        (b"PK\x03\x04" + b"\x00" * 20, "PDF"),
        (b"<html><script>", "JPEG"),
        (PNG + b"\x00" * (5 * 1024 * 1024), "smaller"),
    ],
)
def test_a_file_that_whatsapp_refuses_is_refused_with_the_way_out(content, word):
    with pytest.raises(ValidationError) as refused:
        header_media.examine(upload(content))

    assert word in " ".join(refused.value.messages)


def test_the_same_bytes_are_kept_once(acme, olga):
    with business_scope(acme):
        first = header_media.keep(acme, upload(PNG), actor=olga)
        second = header_media.keep(acme, upload(PNG, "other.png"), actor=olga)
        assert first.pk == second.pk
        assert TemplateMedia.objects.count() == 1


def test_our_names_are_replaced_wherever_they_stand():
    ours = "umbral:IMAGE:0b6c7d4e-1111-4222-8333-944455556666"
    card = {"components": [{"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [ours]}}]}
    definition = {"components": [{"type": "CAROUSEL", "cards": [card, card]}]}
    [reference] = own_files(definition)

    changed = with_handles(definition, {reference: "4::meta"})

    assert "umbral" not in str(changed) and str(changed).count("4::meta") == 2
    assert ours in str(definition)


def test_handing_in_uploads_the_sample_and_sends_its_handle(sandbox, acme, olga):
    waba = builders.waba(acme, waba_id=sandbox.waba(), access_token="")
    template, media = with_header(acme, olga, waba=waba)
    with business_scope(acme):
        templates.submit(template, actor=olga)
    run_submissions()

    with every_business():
        stored, media = MessageTemplate.objects.get(pk=template.pk), TemplateMedia.objects.get(pk=media.pk)
    assert stored.status == TemplateStatus.PENDING, stored.last_error
    assert media.provider_handle.startswith("4::")
    assert read(stored.definition).header.handles == (header_media.handle_of(media),)


def test_a_soon_repeated_try_uploads_nothing_again(sandbox, acme, olga, monkeypatch):
    waba = builders.waba(acme, waba_id=sandbox.waba(), access_token="")
    template, _media = with_header(acme, olga, waba=waba)
    with business_scope(acme):
        templates.submit(template, actor=olga)
        rows = header_media.rows_of(template.definition)

    class Line:
        count = 0

        def upload_sample(self, app_id, **_file):
            self.count += 1
            return "4::abc"

    line = Line()
    for _try in range(2):
        header_media.handed_over(template.definition, rows, line)
    assert line.count == 1
    assert exchange.header_media is header_media


def test_a_file_of_a_neighbour_can_not_be_handed_in(acme, globex, olga):
    template, media = with_header(globex, olga)
    own = builders.template(acme, status=TemplateStatus.DRAFT, provider_id=None, components=template.components)
    with business_scope(acme), pytest.raises(templates.NotPossible):
        templates.submit(own, actor=olga)


def test_the_builder_takes_a_picture_and_shows_it(client, acme, olga):
    template = builders.template(acme, status=TemplateStatus.DRAFT, provider_id=None)
    client.force_login(olga)
    address = reverse("templates_hsm:template_edit", args=[acme.slug, template.reference])
    form = {"version": template.version, "name": template.name, "language": "en", "category": "UTILITY",
            "body": "Your order left our house today and arrives tomorrow."}  # fmt: skip

    page = client.post(address, form | {"action": "upload", "file": io.BytesIO(PNG)})
    shown = page.context["media"]["file"]
    refused = client.post(address, form | {"action": "upload", "file": io.BytesIO(b"GIF89a....")})

    assert page.status_code == 200
    assert shown["url"] in page.content.decode()
    assert b"".join(client.get(shown["url"]).streaming_content) == PNG
    assert "GIF" in refused.context["media_problem"]
    assert refused.context["editor"].body == form["body"]
    client.logout()
    assert client.get(shown["url"]).status_code == 302
