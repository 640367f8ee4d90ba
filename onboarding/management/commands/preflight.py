"""``manage.py preflight {policy|display_name|template}``: predict outcomes for cases from standard input.

One JSON object a line in, ``{"id", "input"}``; one a line out, in the same order, with the id and the prediction.
A line that can't be judged comes out as ``{"id", "error"}`` and doesn't stop the rest. ``--as-of 2026-03-01`` judges by
the rules of that day. No database is needed, unless ``--house`` asks for the house rules as staff have set them.
"""

import datetime as dt
import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, TextIO

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from onboarding.management.scoring import score
from onboarding.rulebook import house

KINDS = {
    "policy": "onboarding.screening.preflight",
    "display_name": "onboarding.display_name.preflight",
    "template": "templates_hsm.linter.preflight",
}

WITH_HOUSE = {"templates_hsm.linter.preflight": "templates_hsm.services.checks.preflight"}
"""Checks that take the house rules as an argument, with the one that looks them up."""

Check = Callable[[dict[str, Any]], dict[str, Any]]


class Command(BaseCommand):
    help = "Predict policy, display-name or template outcomes: JSON objects a line in, JSON objects a line out."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", help=f"one of {', '.join(sorted(self.registry()))}")
        parser.add_argument("file", nargs="?", help="a JSONL file; standard input if left out")
        parser.add_argument(
            "--score",
            nargs="?",
            const=True,
            metavar="FILE",
            help="compare with the labels and print right and wrong; it may stand before, between or after the others",
        )
        parser.add_argument("--as-of", type=_day, metavar="YYYY-MM-DD", help="judge by the rules of this day")
        parser.add_argument("--house", action="store_true", help="with the house rules as staff have set them")

    @staticmethod
    def registry() -> dict[str, str]:
        """Dotted paths by kind; settings may replace them, so that this app need not import the ones above it."""
        return {**KINDS, **getattr(settings, "PREFLIGHT", {})}

    def handle(self, *args: Any, **options: Any) -> None:
        kind, file = self.kind_and_file(options)
        path = self.registry()[kind]
        try:
            check: Check = import_string(path)
        except ImportError as missing:
            raise CommandError(f"The check for {kind} can't be loaded: {missing}") from missing
        day = options["as_of"]
        with house.in_force(_end_of(day)) if options["house"] else nullcontext() as state:
            if state is not None and path in WITH_HOUSE:
                check = import_string(WITH_HOUSE[path])
            judges = self.score_all if options["score"] else self.judge_all
            self.read_all(file, partial(check, as_of=day) if day else check, judges)

    def kind_and_file(self, options: dict[str, Any]) -> tuple[str, str]:
        """What was meant, wherever ``--score`` stands: it takes the word after it, be that the file or the kind."""
        given = [word for word in (options["kind"], options["file"], options["score"]) if isinstance(word, str)]
        kind = next((word for word in (options["kind"], options["score"]) if word in self.registry()), None)
        if kind is None:
            raise CommandError(f"Say what to judge, one of {', '.join(sorted(self.registry()))}.")
        given.remove(kind)
        if len(given) > 1:
            raise CommandError(f"These are two files, {given[0]} and {given[1]}. Name one.")
        return kind, given[0] if given else "-"

    def read_all(self, path: str, check: Check, judges: Callable[[TextIO, Check], None]) -> None:
        if path == "-":
            judges(sys.stdin, check)
            return
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                judges(stream, check)
        except OSError as failure:
            raise CommandError(f"Can't read {path}: {failure.strerror}") from failure

    def score_all(self, stream: TextIO, check: Check) -> None:
        """Right and wrong per verdict for labelled lines, instead of the verdicts."""
        try:
            result = score(stream, lambda line: judge(line, check))
        except (orjson.JSONDecodeError, KeyError, TypeError) as failure:
            raise CommandError(f"These are not labelled cases: {failure}") from failure
        for line in result.lines():
            self.stdout.write(line)

    def judge_all(self, stream: TextIO, check: Check) -> None:
        for line in stream:
            if line.strip():
                self.stdout.write(orjson.dumps(judge(line, check)).decode())


def _day(typed: str) -> dt.date:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError as exc:
        raise CommandError(f"{typed} is not a day. Write it like 2026-03-01.") from exc


def _end_of(day: dt.date | None) -> dt.datetime | None:
    return dt.datetime.combine(day, dt.time.max, tzinfo=dt.UTC) if day else None


def judge(line: str, check: Check) -> dict[str, Any]:
    """The prediction for one line, or its error in a sentence."""
    case_id = None
    try:
        case = orjson.loads(line)
        if not isinstance(case, dict):
            return {"id": None, "error": "The line is not a JSON object."}
        case_id = case.get("id")
        given = case.get("input")
        if not isinstance(given, dict):
            return {"id": case_id, "error": "The line has no object named input."}
        return {"id": case_id, **check(given)}
    except orjson.JSONDecodeError:
        return {"id": None, "error": "The line is not valid JSON."}
    except Exception as failure:  # noqa: BLE001  one bad case must not stop the others
        return {"id": case_id, "error": f"{type(failure).__name__}: {failure}"}
