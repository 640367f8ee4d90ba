"""The pages of an import: from the upload to the report of what was refused."""

import csv
import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.imports import job, reasons
from contacts.models import ConsentEvent, ConsentImport, ConsentWording
from tenants.models import AuditEvent
from tenants.tenancy import business_scope
from tests import builders

LIST = b"celular,nombre,fecha\n3001112233,Rosa,2026-01-05\n=cmd|'/C calc'!A0,Eva,2026-01-05\n"


@pytest.fixture
def owner(client, olga):
    client.force_login(olga)
    return client


def base(business):
    return f"/b/{business.slug}/contacts/imports/"


def upload(client, business, data=LIST, name="clientes.csv"):
    return client.post(base(business), {"file": SimpleUploadedFile(name, data)})


def answers(business, **changes):
    return {
        "phone": "0", "name": "1", "date": "2", "country": "CO", "day_first": "yes", "kind": "opt_in",
        "source": "paper", "wording": f"I want to hear from {business.name}.", "evidence": "", "occurred_on": "",
    } | changes  # fmt: skip


def prepared(client, business, **changes):
    where = upload(client, business).url
    return where, client.post(where, answers(business, **changes))


def test_the_way_of_a_list_into_the_ledger(owner, acme):
    _where, response = prepared(owner, acme)
    page = response.url
    assert "Trying the list" in owner.get(page).content.decode()
    job.run_due()
    tried = owner.get(page).content.decode()
    assert "What would happen" in tried and "This is no phone number that exists." in tried
    with business_scope(acme):
        assert not ConsentEvent.objects.exists()

    owner.post(f"{page}start/")
    assert "every 2s" in owner.get(page).content.decode()
    job.run_due()
    done = owner.get(page).content.decode()

    assert "What happened" in done
    with business_scope(acme):
        line = ConsentEvent.objects.get()
        assert line.text_shown == f"I want to hear from {acme.name}."
        assert line.proof["how"] == "paper"
        assert AuditEvent.objects.filter(verb="list of consents imported").exists()


def test_the_report_names_each_refused_line_and_holds_no_formula(owner, acme):
    _where, response = prepared(owner, acme)
    job.run_due()
    answer = owner.get(f"{response.url}refused.csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    assert rows[1][0] == "3"
    assert rows[1][1] == "This is no phone number that exists."
    assert rows[1][2].startswith("'=cmd")
    assert 'filename="refused-clientes.csv"' in answer["Content-Disposition"]


def test_the_report_is_sent_in_parts(owner, acme, monkeypatch):
    from contacts import views_imports

    monkeypatch.setattr(views_imports, "REPORT_CHUNK", 3)
    data = b"celular,nombre,fecha\n3001112233,Rosa,2026-01-05\n" + b"x,y,2026-01-05\n" * 7
    where = upload(owner, acme, data).url
    page = owner.post(where, answers(acme)).url
    job.run_due()
    text = b"".join(owner.get(f"{page}refused.csv").streaming_content).decode("utf-8-sig")

    assert [row[0] for row in csv.reader(io.StringIO(text))] == ["Line", *map(str, range(3, 10))]


def test_the_page_of_the_progress_reloads_itself_at_the_end(owner, acme):
    _where, response = prepared(owner, acme)
    assert "import-progress" in owner.get(f"{response.url}progress/").content.decode()
    job.run_due()

    assert owner.get(f"{response.url}progress/").headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"wording": ""}, "without them the list proves nothing"),
        ({"wording": "Yes, write to me."}, "have to name your business"),
        ({"phone": ""}, "Choose it."),
        ({"name": "0"}, "answered by the same column"),
        ({"date": ""}, "Say when they agreed"),
        ({"date": "", "occurred_on": "2999-01-01"}, "lies in the future"),
        ({"phone": "99"}, "not one of the available choices"),
    ],
)
def test_what_would_prove_nothing_is_asked_again(owner, acme, changes, says):
    _where, response = prepared(owner, acme, **changes)

    assert response.status_code == 422
    assert says in response.content.decode()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.xlsx", b"PK\x03\x04 rest", "Save it as CSV"),
        ("a.csv", b"", "The file is empty."),
        ("a.csv", b" \n ", "The file is empty."),
        ("a.csv", b"\x89PNG\r\n", "Upload a CSV file."),
    ],
)
def test_a_file_of_another_kind_is_refused_with_a_sentence(owner, acme, name, data, says):
    response = upload(owner, acme, data, name)

    assert response.status_code == 422
    assert says in response.content.decode()
    with business_scope(acme):
        assert not ConsentImport.objects.exists()


def test_hostile_names_of_files_and_columns_are_only_text(owner, acme):
    data = "<script>alert(1)</script>,celular\n\u202eRosa,3001112233\n".encode()
    where = upload(owner, acme, data, "../../<b>x</b>\u202e.csv").url
    page = owner.get(where).content.decode()

    assert "<script>alert(1)</script>" not in page and "&lt;script&gt;" in page
    with business_scope(acme):
        row = ConsentImport.objects.get()
        assert row.file.name == f"{acme.reference}/imports/{row.reference}.csv"


def test_a_stopped_list_stays_stopped(owner, acme):
    _where, response = prepared(owner, acme)
    owner.post(f"{response.url}cancel/")
    owner.post(f"{response.url}start/")

    assert job.run_due() == 0
    assert "Cancelled" in owner.get(response.url).content.decode()


@pytest.mark.parametrize("role", ["agent", "viewer", "supervisor"])
def test_only_managers_import(client, acme, role):
    client.force_login(builders.member(acme, "mia", role=role))

    assert client.get(base(acme)).status_code == 403
    assert "Import a list" not in client.get(f"/b/{acme.slug}/contacts/").content.decode()


def test_the_neighbour_finds_no_list(client, owner, acme, globex):
    upload(owner, acme)
    with business_scope(acme):
        row = ConsentImport.objects.get()
    client.force_login(builders.member(globex, "nora", role="owner"))

    for tail in ("", "columns/", "progress/", "refused.csv"):
        assert client.get(f"{base(globex)}{row.reference}/{tail}").status_code == 404
    for tail in ("start/", "cancel/"):
        assert client.post(f"{base(globex)}{row.reference}/{tail}").status_code == 404


def test_the_same_words_are_one_version(owner, acme):
    prepared(owner, acme)
    prepared(owner, acme)

    with business_scope(acme):
        assert ConsentWording.objects.count() == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =1", "=HYPERLINK(1)"])
def test_no_cell_begins_like_a_formula(text):
    assert reasons.safe_cell(text).startswith("'")


def test_every_reason_has_a_sentence():
    folder = Path(reasons.__file__).parent
    sources = "".join((folder / f"{name}.py").read_text() for name in ("cells", "reading", "job"))
    used = set(re.findall(r'(?:Refused\(|NotCsv\(|return "", |problem = )"(\w+)"', sources))

    assert used <= set(reasons.TEXTS) | set(reasons.FILE_TEXTS)
    assert {"bad_phone", "empty", "bad_date"} <= used
