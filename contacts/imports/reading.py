"""Reading a CSV file as it comes: any common encoding, delimiter and line ending, broken lines told apart.

A file is read once from the beginning in bounded memory. Whatever is wrong with one line is a fact about that line;
the rest goes on.
"""

import codecs
import csv
import io
from collections import deque
from dataclasses import dataclass

SAMPLE_BYTES = 256 * 1024
LONGEST_LINE = 20_000
LINES_OF_ONE_RECORD = 8
DELIMITERS = ",;\t|"

UTF_16 = ("utf-16-le", "utf-16-be")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class NotCsv(Exception):
    """The file isn't a list of lines of text; ``reason`` is a word for programs."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written."""

    encoding: str
    delimiter: str
    columns: int


@dataclass(slots=True)
class Record:
    """One line of the list, or several lines held together by quotes; ``line`` is the number of the first.

    ``problem`` says why it can't be read; ``cells`` is empty then and ``text`` shows its beginning.
    """

    line: int
    cells: list
    text: str = ""
    problem: str = ""


FOREIGN = (
    (b"PK\x03\x04", "spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "spreadsheet"),
    (b"%PDF", "not_text"),
    (b"\x1f\x8b", "not_text"),
    (b"\x89PNG", "not_text"),
    (b"\xff\xd8\xff", "not_text"),
)


def shape_of(file):
    """The ``Shape`` of a binary file, from its beginning; raises ``NotCsv`` for what is something else."""
    file.seek(0)
    sample = file.read(SAMPLE_BYTES)
    if not sample.strip(b"\xef\xbb\xbf\xff\xfe\x00 \r\n\t"):
        raise NotCsv("empty")
    for start, reason in FOREIGN:
        if sample.startswith(start):
            raise NotCsv(reason)
    encoding = _encoding(sample)
    found = Shape(encoding, ",", 0)
    for record in records(file, found):
        if not record.problem and record.text.strip():
            delimiter = _delimiter(record.text)
            width = len(_split(record.text.strip("\r\n"), delimiter) or [""])
            return Shape(encoding, delimiter, width)
        if record.line > 200:
            break
    raise NotCsv("not_text")


def _encoding(sample):
    for mark, name in MARKS:
        if sample.startswith(mark):
            return name
    half = len(sample) // 2 or 1
    if sample[1::2].count(0) > 0.3 * half and sample[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.3 * half and sample[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    if sample.count(0) > 0.1 * len(sample):
        raise NotCsv("not_text")
    lines = [line for line in sample.splitlines()[:-1] or [sample] if not line.isascii()]
    valid = sum(_is_utf8(line) for line in lines)
    return "utf-8" if valid * 2 >= len(lines) else "cp1252"


def _is_utf8(line):
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(line):
    outside = "".join(part for n, part in enumerate(line.split('"')) if n % 2 == 0)
    return max(DELIMITERS, key=outside.count) if any(sign in outside for sign in DELIMITERS) else ","


def records(file, shape, *, header=()):
    """Every ``Record`` of a binary file, the first line included, empty lines left out.

    ``header`` is not needed; the number of columns decides whether lines with an open quote belong together.
    """
    lines = _lines(file, shape.encoding)
    waiting = deque()
    while True:
        item = waiting.popleft() if waiting else next(lines, None)
        if item is None:
            return
        number, text, problem = item
        if problem:
            yield Record(number, [], text[:200], problem)
            continue
        if not text.strip():
            continue
        if '"' not in text:
            yield Record(number, text.split(shape.delimiter), text)
            continue
        joined, taken = text, []
        while joined.count('"') % 2 and len(taken) < LINES_OF_ONE_RECORD and len(joined) < LONGEST_LINE:
            more = waiting.popleft() if waiting else next(lines, None)
            if more is None:
                break
            taken.append(more)
            if more[2]:
                break
            joined = f"{joined}\n{more[1]}"
        cells = _split(joined, shape.delimiter)
        if cells is not None and taken and shape.columns and len(cells) != shape.columns:
            cells = None
        if cells is None:
            waiting.extendleft(reversed(taken))
            problem = "open_quote" if text.count('"') % 2 else "bad_quotes"
            yield Record(number, [], text[:200], problem)
        else:
            yield Record(number, cells, joined)


def _split(text, delimiter):
    """The cells of one record, or ``None`` when its quotes make no sense."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _lines(file, encoding):
    """``(number, text, problem)`` of each line; a line that is too long is read past, never kept."""
    file.seek(0)
    wide = encoding in UTF_16
    # Latin-1 carries each byte unchanged, so the reader finds the line ends and each line is decoded by itself.
    reader = io.TextIOWrapper(file, encoding if wide else "latin-1", errors="replace", newline=None)
    try:
        number = 0
        while raw := reader.readline(LONGEST_LINE):
            number += 1
            too_long = False
            start = raw
            while raw and not raw.endswith("\n") and len(raw) == LONGEST_LINE:
                too_long = True
                raw = reader.readline(LONGEST_LINE)
            if number == 1:
                start = start.removeprefix("\ufeff" if wide else "\xef\xbb\xbf")
            text, problem = _decoded(start.rstrip("\n"), encoding, wide)
            yield number, text, "too_long" if too_long else problem
    finally:
        reader.detach()


def _decoded(line, encoding, wide):
    if "\x00" in line:
        return line.replace("\x00", "\ufffd"), "nul"
    if wide:
        return line, "bytes" if "\ufffd" in line or not _is_clean(line) else ""
    if line.isascii():
        return line, ""
    raw = line.encode("latin-1")
    try:
        return raw.decode("utf-8"), ""
    except UnicodeDecodeError:
        pass
    # A line that holds both ways of writing can't be told apart: better refused than a name full of "Ã©".
    if not raw.decode("utf-8", "ignore").isascii():
        return raw.decode("utf-8", "replace"), "bytes"
    try:
        return raw.decode("cp1252"), ""
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace"), "bytes"


def _is_clean(text):
    """Whether a text can be written down as UTF-8 (no lone halves of a pair)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
