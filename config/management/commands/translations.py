"""Collect, check and compile the translations in Python, since a fresh machine has no gettext programs."""

import os
import re
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

LANGUAGES = {"en": "en", "es": "es", "pt_BR": "pt_BR"}
SOURCE_LANGUAGE = "en"
SKIPPED = {".venv", ".data", "tests", "staticfiles", "docs", "node_modules"}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "to_translate": None,  # gettext_noop under the name that audit and incidents give it
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


class Command(BaseCommand):
    help = "collect: update locale/*.po from the code; check: fail on missing or fuzzy ones; compile: make *.mo."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("action", choices=["collect", "check", "compile"])
        parser.add_argument("--quiet", action="store_true")

    def handle(self, *args, action, quiet, **options):
        if action == "collect":
            self._collect()
        elif action == "compile":
            compile_all()
            if not quiet:
                self.stdout.write("Translations are compiled.")
        else:
            problems = find_problems()
            if problems:
                raise CommandError("Translations are not complete:\n" + "\n".join(problems[:80]))
            self.stdout.write("Translations are complete.")

    def _collect(self):
        fresh = collect(settings.BASE_DIR)
        for folder in LANGUAGES:
            path = po_path(folder)
            catalog = read(path) if path.exists() else Catalog(locale=folder)
            catalog.project, catalog.version, catalog.fuzzy = settings.PRODUCT_NAME, "1", False
            catalog.header_comment = f"# Texts of {settings.PRODUCT_NAME}. `make translations` collects them."
            catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = ""
            catalog.update(fresh, no_fuzzy_matching=True)
            catalog.obsolete.clear()
            path.parent.mkdir(parents=True, exist_ok=True)
            save(catalog, path)
            missing = sum(1 for message in catalog if message.id and not is_translated(message))
            self.stdout.write(f"{folder}: {len(catalog)} texts, {missing} without translation")


def po_path(folder):
    return Path(settings.BASE_DIR) / "locale" / folder / "LC_MESSAGES" / "django.po"


def read(path):
    with open(path, "rb") as file:
        return read_po(file, locale=path.parts[-3])


def save(catalog, path):
    buffer = BytesIO()
    write_po(buffer, catalog, width=110, sort_output=True, omit_header=False, include_lineno=False)
    lines = [line for line in buffer.getvalue().splitlines() if not line.startswith(b'"POT-Creation-Date')]
    path.write_bytes(b"\n".join(line for line in lines if not line.startswith(b'"PO-Revision-Date')) + b"\n")


def collect(root):
    """Every text of the code and the templates below ``root`` as one catalog."""
    catalog = Catalog(charset="utf-8")
    for path in sorted(Path(root).rglob("*")):
        relative = path.relative_to(root)
        if path.suffix not in {".py", ".html", ".txt"} or SKIPPED & set(relative.parts) or "migrations" in path.parts:
            continue
        if path.suffix != ".py" and "templates" not in relative.parts:
            continue
        source = path.read_text()
        if path.suffix != ".py":
            # Templates keep their indentation, which Python's tokenizer would refuse.
            source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())
        for _line, function, texts, _comments in extract_python(
            BytesIO(source.encode()), KEYWORDS.keys(), (), {"encoding": "utf-8"}
        ):
            add(catalog, function, texts, str(relative))
    return catalog


def add(catalog, function, texts, where):
    texts = texts if isinstance(texts, (list, tuple)) else [texts]
    context = None
    if function.lstrip("n").startswith("pgettext"):
        context, *texts = texts
    texts = [text for text in texts if isinstance(text, str)]
    if not texts or not texts[0]:
        return
    plural = "ngettext" in function or "npgettext" in function
    key = tuple(texts[:2]) if plural and len(texts) > 1 else texts[0]
    first = key[0] if isinstance(key, tuple) else key
    flags = ["python-format"] if "%(" in first else []
    catalog.add(key, context=context, locations=[(where, 0)], flags=flags)


def is_translated(message):
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(texts) and not message.fuzzy


def find_problems():
    """Missing, fuzzy and outdated translations and placeholders that don't match, as sentences."""
    fresh = collect(settings.BASE_DIR)
    problems = []
    for folder in LANGUAGES:
        path = po_path(folder)
        if not path.exists():
            problems.append(f"{folder}: {path} is missing; run `make translations`.")
            continue
        catalog = read(path)
        for message in fresh:
            if not message.id:
                continue
            first = message.id[0] if isinstance(message.id, tuple) else message.id
            found = catalog.get(first, message.context)
            if found is None:
                problems.append(f"{folder}: not collected: {first!r}; run `make translations`.")
            elif folder != SOURCE_LANGUAGE and not is_translated(found):
                problems.append(f"{folder}: {'fuzzy' if found.fuzzy else 'missing'}: {first!r}")
            elif folder != SOURCE_LANGUAGE:
                problems += [f"{folder}: {first!r}: {error}" for error in placeholder_errors(found)]
    return problems


def placeholder_errors(message):
    """Named placeholders that one side has and the other lacks."""

    def names(text):
        return set(re.findall(r"%\((\w+)\)[sd]", text)) | set(re.findall(r"(?<!\{)\{(\w+)\}(?!\})", text))

    originals = message.id if isinstance(message.id, tuple) else (message.id,)
    texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    wanted = set.union(*map(names, originals))
    return [f"placeholder {name!r} is not in the original" for text in texts for name in names(text) - wanted] + [
        f"placeholder {name!r} is missing" for text in texts[-1:] for name in wanted - names(text)
    ]


def compile_all():
    """Write a ``.mo`` beside each ``.po`` (the source language keeps its msgids)."""
    for folder in LANGUAGES:
        path = po_path(folder)
        if not path.exists():
            continue
        catalog = read(path)
        for message in [message for message in catalog if message.id and not is_translated(message)]:
            catalog.delete(message.id, message.context)
        unfinished = path.with_suffix(f".mo.unfinished-{os.getpid()}")  # two programs may start from one folder
        with open(unfinished, "wb") as file:
            write_mo(file, catalog)
        unfinished.rename(path.with_suffix(".mo"))
