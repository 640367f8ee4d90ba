"""CSV files as people really upload them: every line is read, or refused for a reason of its own."""

import io
import resource
from collections import Counter

import pytest

from contacts.imports import cells, reading


def read(data, **shape):
    file = io.BytesIO(data)
    found = reading.shape_of(file)
    return found, list(reading.records(file, found))


def cells_of(data):
    return [record.cells for record in read(data)[1] if not record.problem]


def problems(data):
    return [(record.line, record.problem) for record in read(data)[1] if record.problem]


LIST = "Teléfono;Nombre\r\n+573001112233;José Ñandú\r\n+573001112244;Zoë\r\n"
ROWS = [["Teléfono", "Nombre"], ["+573001112233", "José Ñandú"], ["+573001112244", "Zoë"]]


@pytest.mark.parametrize(
    "data",
    [
        LIST.encode(), LIST.encode("utf-8-sig"), LIST.encode("utf-16"), LIST.encode("utf-16-le"),
        LIST.encode("utf-16-be"), b"\xfe\xff" + LIST.encode("utf-16-be"), LIST.encode("cp1252"),
        LIST.encode("latin-1"), LIST.replace("\r\n", "\n").encode(), LIST.replace("\r\n", "\r").encode(),
        LIST.replace(";", ",").encode(), LIST.replace(";", "\t").encode(), LIST.replace(";", "|").encode(),
        LIST.rstrip().encode(),
    ],
)  # fmt: skip
def test_any_common_encoding_delimiter_and_line_ending(data):
    assert cells_of(data) == ROWS


def test_lines_of_another_encoding_stand_between_the_others():
    data = b"phone,name\n+573001112233,Jos\xc3\xa9\n+573001112244,Jos\xe9\n+573001112255,Ana\n"

    assert [row[1] for row in cells_of(data)] == ["name", "José", "José", "Ana"]


def test_broken_bytes_refuse_only_their_line():
    data = b"phone,name\n1,Jos\xc3\xa9 y Mu\xf1oz\n2,\x81\x8d\n3,A\x00na\n4,Ana\n" + b"5,Mar\xc3\xada\n" * 5

    assert problems(data) == [(2, "bytes"), (3, "bytes"), (4, "nul")]
    assert cells_of(data)[1:3] == [["4", "Ana"], ["5", "María"]]


def test_an_open_quote_does_not_swallow_the_list():
    data = b'phone,name\n1,"Ana\n2,Leo\n' + b"3,Eva\n" * 30

    assert problems(data) == [(2, "open_quote")]
    assert cells_of(data)[1] == ["2", "Leo"]
    assert len(cells_of(data)) == 32


def test_two_open_quotes_are_two_broken_lines():
    data = b'phone,name,city\n1,"Ana,Cali\n2,Leo,Lima\n3,"Eva,Quito\n4,Rui,Recife\n'

    assert problems(data) == [(2, "open_quote"), (4, "open_quote")]
    assert [row[0] for row in cells_of(data)[1:]] == ["2", "4"]


def test_a_cell_may_hold_a_line_break_and_quotes():
    data = b'phone,name\n1,"Ana\nMar\xc3\xada"\n2,"Leo ""El Rey"""\n3,Eva\n'

    assert cells_of(data)[1:] == [["1", "Ana\nMaría"], ["2", 'Leo "El Rey"'], ["3", "Eva"]]
    assert [record.line for record in read(data)[1]] == [1, 2, 4, 5]


def test_a_line_without_end_is_read_past():
    data = b"phone,name\n1," + b"a" * 3_000_000 + b"\n2,Leo\n"

    assert problems(data) == [(2, "too_long")]
    assert cells_of(data)[1] == ["2", "Leo"]


def test_half_a_pair_in_utf_16_refuses_its_line():
    data = b"\xff\xfe" + "phone,name\n1,A".encode("utf-16-le") + b"\x00\xd8" + "\n2,Leo\n".encode("utf-16-le")

    assert problems(data) == [(2, "bytes")]
    assert cells_of(data)[1] == ["2", "Leo"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"\n\n \n", "empty"), (b"PK\x03\x04rest", "spreadsheet"), (b"%PDF-1.7 ...", "not_text"),
     (b"\x00\x00\x01" * 90, "not_text")],
)  # fmt: skip
def test_what_is_no_list_is_refused_whole(data, reason):
    with pytest.raises(reading.NotCsv) as refusal:
        reading.shape_of(io.BytesIO(data))

    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (["Nombre completo", "Número de celular", "Fecha de consentimiento"], {"name": 0, "phone": 1, "date": 2}),
        (["Nome", "Telemóvel", "Data do consentimento"], {"name": 0, "phone": 1, "date": 2}),
        (
            ["First Name", "PHONE_NUMBER", "opt-in date", "IP Address"],
            {"name": 0, "phone": 1, "date": 2, "evidence": 3},
        ),
        (["teléfono", "WhatsApp"], {"phone": 1}),
        (["a", "b"], {}),
    ],
)
def test_columns_are_guessed_by_their_names(headers, fields):
    assert cells.guess(headers) == fields


@pytest.mark.parametrize(
    ("text", "country", "digits"),
    [
        ("+57 300 111 2233", "", "573001112233"), ("0057 300 1112233", "CO", "573001112233"),
        ("300 111 2233", "CO", "573001112233"), ("573001112233", "CO", "573001112233"),
        ("(11) 98765-4321", "BR", "5511987654321"), ("011 98765-4321", "BR", "5511987654321"),
        ("551187654321", "BR", "551187654321"), ("+52 1 55 1234 5678", "", "5215512345678"),
        ("55 1234 5678", "MX", "525512345678"), ("+54 9 11 2345-6789", "", "5491123456789"),
        ("(212) 555-2368", "US", "12125552368"), ("+1 212 555 2368", "", "12125552368"),
        ("612 34 56 78", "ES", "34612345678"),
        ("tel:+573001112233", "", "573001112233"), ('="573001112233"', "CO", "573001112233"),
        ("'+573001112233", "", "573001112233"), ("+57\u00a0300\u200b1112233", "", "573001112233"),
        ("\u202a+573001112233\u202c", "", "573001112233"), ("+39 06 698 12345", "", "390669812345"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, country, digits):
    assert cells.phone(text, country) == (digits, "")


@pytest.mark.parametrize(
    ("text", "country", "reason"),
    [
        ("", "CO", "no_phone"), ("5.73E+11", "CO", "rounded_phone"), ("5,73001E+11", "CO", "rounded_phone"),
        ("3001112233", "", "no_country"), ("12345", "CO", "bad_phone"), ("call me", "CO", "bad_phone"),
        ("=1+1", "CO", "bad_phone"), ("+999 123 456 789", "", "bad_phone"), ("9" * 100, "CO", "bad_phone"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_its_reason(text, country, reason):
    assert cells.phone(text, country) == ("", reason)


def test_the_quick_way_and_the_library_agree():
    import phonenumbers

    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if example is None:
            continue
        whole = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
        assert cells.phone(whole, "")[0] == whole[1:], region
        parsed = phonenumbers.parse(national, region)
        expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]
        assert cells.phone(national, region)[0] == expected, (region, national)


@pytest.mark.parametrize(
    ("text", "day_first", "iso"),
    [
        ("2026-03-04", True, "2026-03-04T05:00:00+00:00"), ("04/03/2026", True, "2026-03-04T05:00:00+00:00"),
        ("03/04/2026", False, "2026-03-04T05:00:00+00:00"), ("4.3.26 17:05", True, "2026-03-04T22:05:00+00:00"),
        ("2026-03-04T10:00:00Z", True, "2026-03-04T10:00:00+00:00"),
        ("2026-03-04 10:00:00.123+02:00", True, "2026-03-04T08:00:00+00:00"),
        ("03/04/2026 1:30 PM", False, "2026-03-04T18:30:00+00:00"),
        ("31/02/2026", True, None), ("yesterday", True, None), ("0004-01-01", True, None), ("13/13/2026", True, None),
    ],
)  # fmt: skip
def test_days_are_those_of_the_business(text, day_first, iso):
    from zoneinfo import ZoneInfo

    found = cells.moment(text, day_first, ZoneInfo("America/Bogota"))

    assert (found and found.isoformat()) == iso


def test_two_hundred_thousand_lines_in_three_encodings_need_no_memory(tmp_path):
    path = tmp_path / "large.csv"
    broken = (b"1\x00;x;\r\n", b"2;\xc3\xa9\xe9;\r\n", b'3;"open;\r\n', b"4;" + b"x" * 30_000 + b";\r\n")
    with path.open("wb") as file:
        file.write(b"celular;nombre;fecha\r\n")
        for n in range(200_000):
            good = b"+57300%07d;Jos\xc3\xa9;2026-01-05\r\n" % n
            latin = b"+57300%07d;Jos\xe9;2026-01-05\r\n" % n
            file.write(broken[n // 1000 % 4] if n % 1000 == 7 else latin if n % 3 == 0 else good)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("rb") as file:
        shape = reading.shape_of(file)
        counts = Counter(record.problem for record in reading.records(file, shape))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024

    assert counts == {"": 199_801, "nul": 50, "bytes": 50, "open_quote": 50, "too_long": 50}
    assert grown < 40
