"""Where an uploaded list lies, and what its first look tells."""

import hashlib
import os

from django.core.files.storage import default_storage

from contacts.imports import cells, reading
from contacts.models import ConsentImport

LARGEST = 50 * 1024 * 1024
SHOWN = 5


def take_in(business, upload, *, actor):
    """Store an uploaded list as a draft import and guess its columns; raises ``reading.NotCsv``.

    The file lies under the business's reference with a name of ours, and is never served as it is.
    """
    if upload.size > LARGEST:
        raise reading.NotCsv("too_large")
    shape = reading.shape_of(upload.file)
    first = next(iter(sample(upload.file, shape, 1)), [])
    named = cells.has_header(first, business.country)
    width = max(shape.columns, 1)
    job = ConsentImport(
        business=business,
        file_name=os.path.basename(upload.name)[:200],
        file_size=upload.size,
        file_digest=digest_of(upload.file),
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        has_header=named,
        headers=[cell.strip()[:100] for cell in first] if named else [""] * width,
        country=business.country,
        created_by=actor,
    )
    job.columns = cells.guess(job.headers) if named else guess_by_content(first, business.country)
    upload.file.seek(0)
    job.file.name = default_storage.save(f"{business.reference}/imports/{job.reference}.csv", upload.file)
    job.save()
    return job


def guess_by_content(first, country):
    """The column that holds a number, where the file doesn't name its columns."""
    found = [at for at, cell in enumerate(first) if cells.phone(cell, country)[0]]
    return {"phone": found[0]} if found else {}


def sample(file, shape, count):
    """The cells of the first readable records."""
    rows = []
    for record in reading.records(file, shape):
        if not record.problem:
            rows.append(record.cells)
        if len(rows) == count or record.line > 500:
            break
    return rows


def shape_of(job):
    """How the file of a stored import is written."""
    return reading.Shape(job.encoding, job.delimiter, len(job.headers))


def first_rows(job):
    """The first records of a stored import, its header left out; raises ``OSError`` if the file is gone."""
    with job.file.storage.open(job.file.name, "rb") as file:
        rows = sample(file.file, shape_of(job), SHOWN + 1)
    return rows[1:] if job.has_header else rows[:SHOWN]


def digest_of(file):
    """SHA-256 of a file, in hex."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(1024 * 1024):
        digest.update(block)
    return digest.hexdigest()
