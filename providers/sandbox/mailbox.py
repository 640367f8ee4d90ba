"""The mail of the rehearsal at ``/mail/``: what the product wrote into ``EMAIL_FILE_PATH``, newest first."""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

from . import bubbles, pages

SHOWN = 100
_BETWEEN = re.compile(rb"^-{79}\r?\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. ``number`` tells mails of one file apart."""

    file: str
    number: int
    subject: str
    sender: str
    to: str
    at: datetime
    text: str


def handle(request):
    """``/mail/`` lists, ``/mail/<file>/<number>/`` shows one."""
    parts = [part for part in request.path.removeprefix("/mail/").split("/") if part]
    if request.method == "GET" and not parts:
        rows = [{"letter": letter, "when": bubbles.local(letter.at.timestamp())} for letter in newest(SHOWN)]
        return pages.render(request, "mail.html", {"rows": rows, "folder": str(_folder())})
    if request.method == "GET" and len(parts) == 2 and parts[1].isdecimal():
        letter = next((one for one in _letters(_folder() / Path(parts[0]).name) if one.number == int(parts[1])), None)
        if letter is not None:
            when = bubbles.local(letter.at.timestamp())
            return pages.render(request, "mail_letter.html", {"letter": letter, "when": when})
    return pages.render(request, "missing.html", {}, 404)


def newest(limit):
    """The latest mails. Django names each file by its moment, so names sort as they were written."""
    folder, found = _folder(), []
    files = sorted(folder.glob("*.log"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    for path in files if folder.is_dir() else ():
        found += reversed(_letters(path))
        if len(found) >= limit:
            break
    return found[:limit]


def _folder():
    return Path(settings.EMAIL_FILE_PATH)


def _letters(path):
    """The mails of one file of Django's file backend; none when there is no such file."""
    if path.suffix != ".log" or not path.is_file():
        return []
    found = []
    for raw in _BETWEEN.split(path.read_bytes()):
        if raw.strip():
            message = email.message_from_bytes(raw.lstrip(b"\r\n"), policy=email.policy.default)
            body = message.get_body(preferencelist=("plain",))
            found.append(
                Letter(
                    path.name,
                    len(found),
                    str(message["subject"] or ""),
                    str(message["from"] or ""),
                    str(message["to"] or ""),
                    _moment(message["date"]),
                    body.get_content() if body else "",
                )
            )
    return found


def _moment(date):
    try:
        return parsedate_to_datetime(str(date)).astimezone(UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
