"""Files: what they are by their bytes, where they are kept, how they are fetched and handed out."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from config.clock import now
from contactcenter.models import Conversation, MessageMedia
from contactcenter.outbox_tasks import fetch_media, send_read_receipt
from contactcenter.services import media
from tenants.models import LiveEvent
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter.sending import thread

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path, provider):
    settings.MEDIA_ROOT = str(tmp_path)
    settings.WHATSAPP_GRAPH_URL = provider.url


def office(folder):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}document.xml", "<x/>")
    return file.getvalue()


KNOWN = [
    (b"\xff\xd8\xff\xe0", "a.png", "image", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "", "image", "image/png"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "sticker", "image/webp"),
    (b"\x00\x00\x00\x18ftypisom", "", "video", "video/mp4"),
    (b"\x00\x00\x00\x18ftyp3gp4", "", "video", "video/3gpp"),
    (b"\x00\x00\x00\x18ftypM4A ", "", "audio", "audio/mp4"),
    (b"OggS" + b"\x00" * 24 + b"OpusHead", "", "audio", "audio/ogg"),
    (b"#!AMR\n", "", "audio", "audio/amr"),
    (b"ID3\x04", "", "audio", "audio/mpeg"),
    (b"\xff\xf1\x50", "", "audio", "audio/aac"),
    (b"%PDF-1.7", "", "document", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "document", "application/vnd.ms-excel"),
    ("Año\n".encode(), "a.txt", "document", "text/plain"),
]
REFUSED = [
    (b"GIF89a", "a.gif"),
    (b"<svg onload='x'>", "a.svg"),
    (b"<html>", "a.jpg"),
    (b"MZ\x90", "a.exe"),
    (b"\x00\x00\x00\x18ftypqt  ", "a.mov"),
    (b"\x00\x00\x00\x18ftypheic", "a.heic"),
    (b"OggS" + b"\x00" * 24 + b"\x01vorbis", "a.ogg"),
    (b"PK\x03\x04not a zip", "a.docx"),
    (b"a\x00b", "a.txt"),
]


@pytest.mark.parametrize(("content", "name", "kind", "mime_type"), KNOWN)
def test_the_first_bytes_say_what_a_file_is(content, name, kind, mime_type):
    found = media.recognise(ContentFile(content), name)

    assert (found.kind, found.mime_type) == (kind, mime_type)


@pytest.mark.parametrize(("content", "name"), REFUSED)
def test_what_whatsapp_does_not_take_is_refused(content, name):
    with pytest.raises(ValidationError):
        media.recognise(ContentFile(content), name)


def test_office_files_are_told_by_their_table_of_contents():
    assert media.recognise(ContentFile(office("word/")), "x.zip").ending == ".docx"
    assert media.recognise(ContentFile(office("xl/")), "").ending == ".xlsx"
    with pytest.raises(ValidationError):
        media.recognise(ContentFile(office("other/")), "a.docx")


def test_names_come_without_folders_controls_and_tricks():
    assert media.clean_name("../../etc/pa\x00sswd") == "passwd"
    assert media.clean_name("C:\\x\\invoice\u202efdp.exe", ".pdf") == "invoicefdp.pdf"
    assert media.clean_name("", ".jpg") == "file.jpg"
    assert len(media.clean_name("x" * 500)) <= 200


# Fetching


def inbound(conversation, media_id="1001", **fields):
    message = builders.message(conversation, "", kind="image")
    with business_scope(conversation.business):
        return MessageMedia.objects.create(
            business=conversation.business,
            message=message,
            provider_media_id=media_id,
            mime_type="image/jpeg",
            next_attempt_at=now(),
            **fields,
        )


def test_a_due_file_is_fetched_into_the_business_own_folder(acme, provider):
    kept = inbound(thread(acme))
    provider.files["1001"] = b"\xff\xd8\xff picture"

    assert fetch_media() == {"fetched": 1, "failed": 0}

    with business_scope(acme):
        kept.refresh_from_db()
        opened = media.open_media(kept)
        assert LiveEvent.objects.get().type == "message"
    assert kept.file.name.startswith(f"{acme.reference}/")
    assert (kept.size, kept.next_attempt_at) == (11, None)
    assert opened.file.read() == b"\xff\xd8\xff picture"
    assert (opened.inline, opened.content_type) == (True, "image/jpeg")
    assert fetch_media() == {"fetched": 0, "failed": 0}


def test_a_provider_in_trouble_is_asked_again_later_with_growing_pauses(acme, provider):
    kept = inbound(thread(acme))
    provider.files["1001"] = 503
    pauses = []
    for _ in range(3):
        with every_business():
            MessageMedia.objects.update(next_attempt_at=now())
        fetch_media(kept.message_id)
        with every_business():
            kept.refresh_from_db()
        pauses.append(kept.next_attempt_at - now())

    assert timedelta(seconds=3) < pauses[0] < pauses[1] < pauses[2] < timedelta(minutes=5)
    assert kept.attempts == 3 and kept.last_error


def test_a_file_that_is_gone_is_given_up(acme, provider):
    kept = inbound(thread(acme), "1002")

    assert fetch_media() == {"fetched": 0, "failed": 1}

    with business_scope(acme):
        kept.refresh_from_db()
        with pytest.raises(FileNotFoundError):
            media.open_media(kept)
    assert kept.next_attempt_at is None and kept.last_error


def test_files_larger_than_whatsapp_allows_are_not_fetched(acme, provider, monkeypatch):
    kept = inbound(thread(acme))
    provider.files["1001"] = b"x" * 100
    monkeypatch.setattr(media, "LARGEST", 10)

    assert fetch_media() == {"fetched": 0, "failed": 1}
    with business_scope(acme):
        kept.refresh_from_db()
    assert not kept.file and kept.next_attempt_at is None


def test_only_pictures_and_sounds_are_shown_in_place(acme):
    message = builders.message(thread(acme), "")
    with business_scope(acme):
        for mime_type, content_type, inline in (
            ("text/html", "application/octet-stream", False),
            ("image/svg+xml", "application/octet-stream", False),
            ("application/pdf", "application/pdf", False),
            ("audio/ogg; codecs=opus", "audio/ogg", True),
        ):
            name, _size, _digest = media.store_bytes(acme, b"x", ".bin")
            opened = media.open_media(MessageMedia(message=message, file=name, mime_type=mime_type, file_name="a"))
            assert (opened.content_type, opened.inline) == (content_type, inline)


def test_each_business_has_its_own_folder_and_its_own_token(acme, globex, provider):
    mine, theirs = inbound(thread(acme)), inbound(thread(globex), "1003")
    provider.files = {"1001": b"mine", "1003": b"theirs"}

    assert fetch_media()["fetched"] == 2

    with every_business():
        mine.refresh_from_db()
        theirs.refresh_from_db()
    assert mine.file.name.startswith(str(acme.reference))
    assert theirs.file.name.startswith(str(globex.reference))


# Read receipts


def test_the_newest_message_that_was_seen_is_marked_read(acme, provider):
    conversation = thread(acme)
    seen = builders.message(conversation, "seen", at=now() - timedelta(minutes=2))
    builders.message(conversation, "not yet")
    assert send_read_receipt(acme.pk, conversation.pk) is False
    with business_scope(acme):
        Conversation.objects.update(read_up_to=seen.at)

    assert send_read_receipt(acme.pk, conversation.pk) is True
    assert provider.read == [seen.provider_id]


def test_a_receipt_that_cannot_be_given_harms_nobody(acme, globex, provider, settings):
    conversation = thread(acme)
    builders.message(conversation, "seen")
    with business_scope(acme):
        Conversation.objects.update(read_up_to=now())
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"

    assert send_read_receipt(acme.pk, conversation.pk) is False
    assert send_read_receipt(globex.pk, conversation.pk) is False
