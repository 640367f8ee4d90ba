"""Documents: what is taken and refused by its bytes, how it is kept, who may read it."""

import io
import struct
import zipfile
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage

from onboarding.enums import ApplicationStatus as Status
from onboarding.models import ApplicationDocument, OnboardingApplication
from onboarding.paper_check import LARGEST, examine
from onboarding.services import documents
from tenants.models import AuditEvent
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.wizard_answers import Applicant, upload
from tests.papers import pdf


def png(width=800, height=1000, tail=b"", extra=b""):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    text = chunk(b"tEXt", b"Comment\x00" + extra) if extra else b""
    data = chunk(b"IDAT", zlib.compress(b"\x00" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + text + data + chunk(b"IEND", b"") + tail


def jpeg(width=800, height=1000, tail=b"", comment=b""):
    note = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\x01\x01\x00\x00\x3f\x00" + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8\xff\xe0\x00\x04ab" + note + frame + scan + b"\xff\xd9" + tail


def archive(entries=1):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for n in range(entries):
            made.writestr(f"{n}.txt", b"0" * 1_000_000)
    return file.getvalue()


def object_stream(inside):
    packed = zlib.compress(inside)
    head = b"3 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
    return pdf().replace(b"trailer", head + packed + b"\nendstream\nendobj\ntrailer", 1)


def checked(content, name=""):
    return examine(io.BytesIO(content), name)


@pytest.mark.parametrize(
    ("content", "name", "mime_type", "ending"),
    [
        (pdf(), "certificado.pdf", "application/pdf", ".pdf"),
        (pdf(), "", "application/pdf", ".pdf"),
        (pdf() + b"\r\n\r\n", "A.PDF", "application/pdf", ".pdf"),
        (png(), "foto.png", "image/png", ".png"),
        (png(), "foto.jpg", "image/png", ".png"),
        (jpeg(), "foto.JPEG", "image/jpeg", ".jpg"),
        (jpeg(tail=b"\x00" * 20), "foto.jpg", "image/jpeg", ".jpg"),
        (object_stream(b"1 0 << /Type /Page >>"), "a.pdf", "application/pdf", ".pdf"),
    ],
)
def test_plain_documents_are_taken_for_what_they_are(content, name, mime_type, ending):
    found = checked(content, name)

    assert (found.mime_type, found.ending, found.size) == (mime_type, ending, len(content))


REFUSED = {
    "empty": (b"", "a.pdf", "empty"),
    "too large": (pdf() + b" " * LARGEST, "a.pdf", "too_large"),
    "a zip bomb": (archive(40), "a.pdf", "wrong_type"),
    "a zip bomb that says so": (archive(), "papers.zip", "wrong_type"),
    "an SVG with a script": (b'<svg xmlns="x"><script>alert(1)</script></svg>', "a.png", "wrong_type"),
    "an SVG behind a byte order mark": (b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", "a.svg", "wrong_type"),
    "a web page": (b"<!DOCTYPE html><script>alert(1)</script>", "a.pdf", "wrong_type"),
    "a program": (b"MZ\x90\x00" + b"\x00" * 100, "rut.pdf", "wrong_type"),
    "an iPhone photo": (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40, "a.jpg", "wrong_type"),
    "plain words": (b"Soy una empresa seria.", "a.pdf", "wrong_type"),
    "zero bytes": (b"\x00" * 500, "a.pdf", "wrong_type"),
    "a picture named as a PDF": (png(), "certificado.pdf", "mislabelled"),
    "a PDF named as a picture": (pdf(), "certificado.jpg", "mislabelled"),
    "a PDF named as a program": (pdf(), "certificado.pdf.exe", "mislabelled"),
    "a PDF with an archive behind": (pdf() + archive(), "a.pdf", "appended"),
    "a PDF with a page in front": (pdf().replace(b"1.4", b"1.4 <script>alert(1)</script>", 1), "a.pdf", "script"),
    "a PDF that runs a script": (
        pdf().replace(b"/Pages 2", b"/OpenAction << /S /JavaScript >> /Pages 2"),
        "",
        "script",
    ),
    "a script by another spelling": (pdf().replace(b"/Pages 2", b"/A << /S /J#61vaScript >> /Pages 2"), "", "script"),
    "a script in an object stream": (object_stream(b"1 0 << /S /JavaScript /JS (app.alert(1)) >>"), "", "script"),
    "a PDF that starts programs": (pdf().replace(b"/Pages 2", b"/A << /S /Launch >> /Pages 2"), "", "script"),
    "a PDF with another file inside": (pdf().replace(b"/Pages 2", b"/EmbeddedFiles 9 0 R /Pages 2"), "", "script"),
    "a locked PDF": (pdf().replace(b"/Root", b"/Encrypt 5 0 R /Root"), "a.pdf", "locked"),
    "half a PDF": (pdf()[:-12], "a.pdf", "damaged"),
    "a PDF that unpacks to far more": (object_stream(b"0" * 40_000_000), "a.pdf", "bomb"),
    "a picture of 30,000 points": (png(30_000, 30_000), "a.png", "too_many_points"),
    "a photo of 30,000 points": (jpeg(30_000, 30_000), "a.jpg", "too_many_points"),
    "a dot": (png(1, 1), "a.png", "too_few_points"),
    "a PNG with an archive behind": (png(tail=archive()), "a.png", "appended"),
    "a JPEG with an archive behind": (jpeg(tail=archive()), "a.jpg", "appended"),
    "a JPEG with a script in its comment": (jpeg(comment=b"<script>alert(1)</script>"), "a.jpg", "script"),
    "a PNG with PHP in its text": (png(extra=b"<?php system($_GET[0]); ?>"), "a.png", "script"),
    "half a PNG": (png()[:-20], "a.png", "damaged"),
    "half a JPEG": (jpeg()[:-9], "a.jpg", "damaged"),
    "the first bytes of a JPEG": (b"\xff\xd8\xff", "a.jpg", "damaged"),
    "a PNG with a false sum": (png().replace(b"IDAT", b"IDBT"), "a.png", "damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_everything_else_is_refused_with_a_sentence(case):
    content, name, code = REFUSED[case]

    with pytest.raises(ValidationError) as refused:
        checked(content, name)

    assert refused.value.code == code
    assert len(refused.value.messages[0]) > 20


@pytest.mark.parametrize("seed", range(60))
def test_broken_bytes_are_refused_and_never_an_error(seed):
    import random

    chance = random.Random(seed)
    content = bytearray(chance.choice([pdf(), png(), jpeg(), object_stream(b"1 0 << >>")]))
    for _change in range(chance.randint(1, 12)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    try:
        checked(bytes(content[: chance.randint(1, len(content))]))
    except ValidationError as refused:
        assert refused.messages


# The page


@pytest.fixture
def applicant(acme, olga, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    person = Applicant(acme, olga)
    person.start()
    person.answer("company")
    return person


def rows(acme):
    with business_scope(acme):
        return list(ApplicationDocument.objects.order_by("pk"))


def test_the_page_asks_for_the_papers_of_the_country(applicant):
    page = applicant.get("step/documents/").content.decode()

    assert "Certificado de existencia y representación legal" in page
    assert "DIAN" in page
    assert 'enctype="multipart/form-data"' in page


def test_a_good_file_stays_when_another_one_is_refused(applicant, acme):
    response = applicant.hand_in(incorporation=upload("cámara.pdf"), tax_record=upload("rut.pdf", archive()))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["tax_record"]
    assert "cámara.pdf" in response.content.decode()
    assert [row.kind for row in rows(acme)] == ["incorporation"]

    assert applicant.hand_in(tax_record=upload("rut.pdf")).url == f"{applicant.root}/step/facebook/"
    assert [row.kind for row in rows(acme)] == ["incorporation", "tax_record"]


def test_the_stored_file_has_a_random_name_outside_anything_public(applicant, acme, tmp_path):
    applicant.hand_in(incorporation=upload("../../etc/passwd\u202efdp.pdf"), press="add")

    row = rows(acme)[0]
    assert row.file_name == "passwdfdp.pdf"
    assert "passwd" not in row.file
    assert [path.read_bytes() for path in tmp_path.rglob("*.pdf")] == [pdf("../../etc/passwd\u202efdp.pdf")]


def test_the_same_file_twice_is_kept_once(applicant, acme, tmp_path):
    for _click in range(2):
        applicant.hand_in(incorporation=upload(), press="add")

    assert len(rows(acme)) == 1
    assert len(list(tmp_path.rglob("*.pdf"))) == 1


def test_a_file_is_replaced_by_removing_it(applicant, acme, tmp_path, django_capture_on_commit_callbacks):
    applicant.hand_in(incorporation=upload(), press="add")
    with django_capture_on_commit_callbacks(execute=True):
        applicant.client.post(f"{applicant.root}/step/documents/", {"remove": str(rows(acme)[0].reference)})

    assert rows(acme)[0].removed_at is not None
    assert not list(tmp_path.rglob("*.pdf"))
    applicant.client.post(f"{applicant.root}/step/documents/", {"remove": "nonsense"})
    with business_scope(acme):
        assert documents.missing(applicant.application())


def test_there_is_a_quota(applicant, acme):
    for n in range(documents.PER_KIND):
        assert applicant.hand_in(incorporation=upload(f"{n}.pdf"), press="add").status_code == 302

    response = applicant.hand_in(incorporation=upload("one-more.pdf"), press="add")

    assert response.status_code == 422
    assert len(rows(acme)) == documents.PER_KIND


def test_going_on_without_the_required_papers_says_which_ones(applicant):
    response = applicant.hand_in()

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"incorporation", "tax_record"}


def test_what_is_missing_stops_the_sending_and_is_named(applicant, acme):
    applicant.answer_all()
    with business_scope(acme):
        ApplicationDocument.objects.filter(kind="tax_record").update(removed_at="2026-01-01T00:00Z")

    assert "RUT" in applicant.get("check/").content.decode()
    assert applicant.send().status_code == 422


def test_after_sending_nothing_can_be_added_until_a_change_is_asked_for(applicant, acme, sam):
    from onboarding.services import applications

    applicant.answer_all()
    applicant.send()
    assert applicant.hand_in(other=upload("late.pdf")).url == f"{applicant.root}/"
    before = len(rows(acme))
    with business_scope(acme):
        application = OnboardingApplication.objects.get()
        application.business = acme
        applications.request_changes(application, {"address": "Send the certificate of this year."}, actor=sam)

    applicant.hand_in(incorporation=upload("new.pdf"))

    assert len(rows(acme)) == before + 1
    applicant.client.post(f"{applicant.root}/step/documents/", {"remove": str(rows(acme)[0].reference)})
    removed = rows(acme)[0]
    assert removed.removed_at and removed.file, "what a reviewer may have seen stays readable for staff"


# Who may read


def test_staff_download_it_as_an_attachment_that_runs_nothing(applicant, acme, sam, client):
    applicant.hand_in(incorporation=upload("cámara.pdf"), press="add")
    client.force_login(sam)

    response = client.get(f"/admin/onboarding/applicationdocument/{rows(acme)[0].pk}/download/")

    assert b"".join(response.streaming_content) == pdf("cámara.pdf")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    with every_business():
        assert AuditEvent.objects.filter(verb="document opened", actor=sam).exists()


def test_nobody_else_reads_it(applicant, acme, globex, client):
    applicant.hand_in(incorporation=upload(), press="add")
    row = rows(acme)[0]
    address = f"/admin/onboarding/applicationdocument/{row.pk}/download/"

    assert client.get(address).status_code == 302
    assert applicant.client.get(address).status_code == 302
    client.force_login(builders.member(globex, "gus", role="owner"))
    assert client.get(address).status_code == 302
    assert default_storage.exists(row.file)
    assert client.get(f"/private-media-is-served-by-views/{row.file}").status_code == 404


def test_a_neighbour_can_not_remove_it(applicant, acme, globex, client):
    applicant.hand_in(incorporation=upload(), press="add")
    other = Applicant(globex, builders.member(globex, "gus", role="owner"))
    other.start()

    other.client.post(f"{other.root}/step/documents/", {"remove": str(rows(acme)[0].reference)})

    assert rows(acme)[0].removed_at is None
    assert applicant.application().status == Status.DRAFT
