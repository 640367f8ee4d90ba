"""Importing a list: tried first, then written in sets, and going on where a killed worker stopped."""

import time

from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.imports import files, job
from contacts.models import ConsentEvent, ConsentImport, ConsentImportLine, Contact, ImportState
from contacts.services import consent, proof, wordings
from contacts.services.tokens import search
from tenants.tenancy import business_scope
from tests import builders

WORDS = "I agree to get messages from Acme."
LIST = """teléfono,nombre,fecha
+57 300 111 2233,Rosa Paz,2026-01-05
300 111 2244,Leo,05/02/2026
12345,Nobody,2026-01-05
3001112255,,2026-13-45
3001112244,Leo again,2026-02-05
,Empty,2026-01-05
""".encode()


def uploaded(business, data=LIST, *, words=WORDS, **fields):
    with business_scope(business):
        row = files.take_in(business, SimpleUploadedFile("list.csv", data), actor=None)
        row.country = "CO"
        row.version = wordings.keep(business.pk, words)
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
        return row


def go(row, state):
    with business_scope(row.business_id):
        job.begin(row, state)
    job.run_due()
    with business_scope(row.business_id):
        row.refresh_from_db()
    return row


def reasons(row, phase):
    with business_scope(row.business_id):
        return list(
            ConsentImportLine.objects.filter(consent_import=row, phase=phase)
            .order_by("line")
            .values_list("line", "reason")
        )


BAD = [(4, "bad_phone"), (5, "bad_date"), (7, "no_phone")]


def test_a_list_is_taken_in_with_its_columns_guessed(acme):
    row = uploaded(acme)

    assert row.columns == {"phone": 0, "name": 1, "date": 2}
    assert row.headers == ["teléfono", "nombre", "fecha"]
    assert (row.encoding, row.delimiter, row.has_header) == ("utf-8", ",", True)


def test_a_list_without_names_for_its_columns(acme):
    row = uploaded(acme, b"Rosa;+573001112233\nLeo;+573001112244\n")

    assert not row.has_header
    assert row.columns == {"phone": 1}


def test_the_trial_run_counts_and_writes_no_contact(acme):
    row = go(uploaded(acme), ImportState.CHECKING)

    assert row.state == ImportState.CHECKED
    assert row.checked_counts == {"good": 2, "known": 0, "twice": 1, "refused": 3}
    assert reasons(row, "check") == BAD
    with business_scope(acme):
        assert not Contact.objects.exists()
        assert not ConsentEvent.objects.exists()


def test_the_import_writes_people_and_lines_with_their_proof(acme):
    row = go(uploaded(acme), ImportState.RUNNING)

    assert row.state == ImportState.DONE
    assert row.counts == {"good": 2, "known": 0, "twice": 1, "refused": 3}
    assert reasons(row, "run") == BAD
    with business_scope(acme):
        [rosa] = search("rosa")
        line = ConsentEvent.objects.get(contact=rosa)
        assert line.text_shown == WORDS
        assert line.source == "import"
        assert line.proof == {"import": str(row.reference), "file": row.file_digest, "line": 2, "how": "import"}
        assert line.occurred_at.isoformat() == "2026-01-05T05:00:00+00:00"
        assert consent.may_message(rosa, category="marketing").allowed
        assert [person.name for person in search("3001112244")] == ["Leo"]


def test_the_same_list_twice_adds_nothing(acme):
    go(uploaded(acme), ImportState.RUNNING)
    again = go(uploaded(acme), ImportState.RUNNING)

    assert again.counts == {"good": 0, "known": 2, "twice": 1, "refused": 3}
    with business_scope(acme):
        assert ConsentEvent.objects.count() == Contact.objects.count() == 2


def test_the_trial_run_knows_what_the_import_will_find(acme):
    go(uploaded(acme), ImportState.RUNNING)

    assert go(uploaded(acme), ImportState.CHECKING).checked_counts["known"] == 2


def test_a_list_does_not_undo_what_somebody_asked_for(acme):
    rosa = builders.contact(acme, "Rosa", wa_id="573001112233")
    with business_scope(acme):
        consent.record_opt_out(rosa, source="keyword", key="stop")
    tried = go(uploaded(acme), ImportState.CHECKING)
    done = go(uploaded(acme), ImportState.RUNNING)

    assert (2, "asked_to_stop") in reasons(tried, "check")
    assert (2, "asked_to_stop") in reasons(done, "run")
    with business_scope(acme):
        assert consent.may_message(rosa, category="utility").reason == "opted_out"


def test_a_list_of_people_who_asked_to_stop(acme):
    rosa = builders.contact(acme, "Rosa", wa_id="573001112233")
    with business_scope(acme):
        consent.record_opt_in(rosa, source="paper", key="1", wording="yes", occurred_at=rosa.created_at)
    row = uploaded(acme, b"phone\n+573001112233\n", kind="opt_out", version=None, occurred_on=rosa.created_at.date())
    with business_scope(acme):
        ConsentEvent.objects.update(occurred_at="2025-01-01T00:00Z", recorded_at="2025-01-01T00:00Z")
    go(row, ImportState.RUNNING)

    with business_scope(acme):
        assert consent.may_message(rosa, category="utility").reason == "opted_out"


def test_names_of_people_whom_we_know_stay(acme):
    builders.contact(acme, "Rosa María", wa_id="573001112233")
    go(uploaded(acme), ImportState.RUNNING)

    with business_scope(acme):
        assert [person.name for person in search("3001112233")] == ["Rosa María"]


def test_the_older_way_to_write_a_number_is_the_same_person(acme):
    builders.contact(acme, "Bia", wa_id="551187654321")
    row = go(
        uploaded(acme, b"phone,data\n+55 11 98765-4321,2026-01-05\n+55 11 8765-4321,2026-01-05\n"), ImportState.RUNNING
    )

    assert row.counts == {"good": 1, "known": 0, "twice": 1, "refused": 0}
    with business_scope(acme):
        assert Contact.objects.count() == 1


def many(count):
    return b"phone,name,date\n" + b"".join(
        b"+57300%07d,Person %d,2026-01-05\n" % (n, n) if n % 10 else b"broken \xff,%d,\n" % n for n in range(count)
    )


def test_a_killed_worker_loses_and_doubles_nothing(acme, monkeypatch):
    monkeypatch.setattr(job, "CHUNK", 50)
    row = uploaded(acme, many(420))
    with business_scope(acme):
        job.begin(row, ImportState.RUNNING)
    strikes = iter([False, False, True, False, True])

    def strike(name):
        if next(strikes, False):
            raise RuntimeError("killed")

    monkeypatch.setattr(job, "fault_point", strike)
    for _ in range(3):
        with business_scope(acme):
            ConsentImport.objects.update(not_before=None)
        job.run_due()
    with business_scope(acme):
        row.refresh_from_db()
        assert row.state == ImportState.DONE
        assert row.counts == {"good": 378, "known": 0, "twice": 0, "refused": 42}
        assert ConsentEvent.objects.count() == 378
        assert ConsentImportLine.objects.count() == 42


def test_a_worker_gives_way_and_the_next_one_goes_on(acme, monkeypatch, hints_sent):
    monkeypatch.setattr(job, "CHUNK", 50)
    row = uploaded(acme, many(120))
    with business_scope(acme):
        job.begin(row, ImportState.RUNNING)

    assert job.run_due(seconds=0) == 50
    assert ("task", job.TASK, ()) in hints_sent
    assert job.run_due(seconds=0) + job.run_due(seconds=0) == 70
    with business_scope(acme):
        row.refresh_from_db()
    assert row.counts["good"] == 108


def test_cancelling_stops_and_keeps_what_is_written(acme, monkeypatch):
    monkeypatch.setattr(job, "CHUNK", 50)
    row = uploaded(acme, many(200))
    with business_scope(acme):
        job.begin(row, ImportState.RUNNING)
    job.run_due(seconds=0)
    with business_scope(acme):
        assert job.cancel(row)
        assert not job.cancel(row)
    assert job.run_due() == 0
    with business_scope(acme):
        assert ConsentEvent.objects.count() == 45


def test_a_file_that_is_gone_ends_the_import_after_some_tries(acme):
    row = uploaded(acme)
    row.file.storage.delete(row.file.name)
    with business_scope(acme):
        job.begin(row, ImportState.RUNNING)
    for _ in range(job.GIVE_UP_AFTER):
        with business_scope(acme):
            ConsentImport.objects.update(not_before=None)
        job.run_due()
    with business_scope(acme):
        row.refresh_from_db()

    assert (row.state, row.problem) == (ImportState.FAILED, "gone")


def test_the_proof_of_an_imported_consent_holds_the_exact_words(acme):
    go(uploaded(acme), ImportState.RUNNING)
    with business_scope(acme):
        [rosa] = search("rosa")
        line = ConsentEvent.objects.get(contact=rosa)
        shown = proof.consent_at(rosa, "marketing", line.recorded_at).as_data()["lines"]

    assert shown[0]["wording"] == WORDS
    assert shown[0]["wording_sha256"]


def test_reading_twenty_thousand_lines_takes_seconds(acme):
    """Reading and judging alone; what a line costs in the database is measured by ``make bench``."""
    row = uploaded(acme, many(20_000))
    begun = time.perf_counter()
    go(row, ImportState.CHECKING)

    assert row.checked_counts == {"good": 18_000, "known": 0, "twice": 0, "refused": 2_000}
    assert time.perf_counter() - begun < 20
