"""Run the mutants: one JSON line each on standard output, exit 1 when one survived, 2 when one could not be tried.

``ONLY=hmac_compare,row_level_policy`` picks some. Everything happens in a scratch copy of the working tree, on
throw-away databases; the unchanged copy has to pass first.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.catalogue import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300
MIGRATION = '''"""A safety is taken away (``make mutants``)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [({app!r}, {last!r})]
    operations = [migrations.RunSQL({sql!r})]
'''


class Stale(Exception):
    """A patch or a test no longer fits the code."""


def main():
    only = set(filter(None, os.environ.get("ONLY", "").split(",")))
    chosen = [mutant for mutant in MUTANTS if not only or mutant.name in only]
    if unknown := only - {mutant.name for mutant in chosen}:
        sys.exit(f"No mutant is called {', '.join(sorted(unknown))}.")
    from tests import conftest  # noqa: F401  starts the servers unless the environment names some

    survived = broken = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        scratch = Path(folder) / "tree"
        copy_tree(scratch)
        try:
            prove_that_the_tests_pass(scratch, chosen)
            for mutant in chosen:
                began = time.monotonic()
                try:
                    caught_by = try_one(scratch, mutant)
                except Stale as exc:
                    broken += 1
                    tell(mutant.name, "error", began, why=str(exc))
                    continue
                survived += caught_by is None
                tell(mutant.name, "caught" if caught_by else "survived", began, by=caught_by)
        finally:
            conftest.pytest_unconfigure(None)
    print(f"{len(chosen)} mutants, {survived} survived, {broken} could not be tried", file=sys.stderr)
    sys.exit(2 if broken else 1 if survived else 0)


def tell(name, value, began, **more):
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"name": name, "value": value, **more, "unit": "mutant", "seconds": seconds}), flush=True)


def copy_tree(scratch):
    """The working tree as git sees it, with what isn't committed yet, and the compiled translations."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    for name in [*names, *(str(path.relative_to(ROOT)) for path in (ROOT / "locale").rglob("*.mo"))]:
        if (ROOT / name).is_file():
            target = scratch / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)


def prove_that_the_tests_pass(scratch, mutants):
    """What fails anyway catches nothing."""
    for words in sorted({mutant.words for mutant in mutants}):
        tests = sorted({test for mutant in mutants if mutant.words == words for test in mutant.tests})
        answer, failed = run_tests(scratch, tests, words)
        if answer != 0:
            sys.exit(f"Without any mutant this fails already ({answer}): {failed or tests}")


def try_one(scratch, mutant):
    """The test that notices, or ``None``. The tree is as before afterwards."""
    changed = {}
    extra = None
    try:
        for patch in mutant.patches:
            path, text = find(scratch, patch)
            changed.setdefault(path, text)
            path.write_text(path.read_text().replace(patch.old, patch.new))
        if mutant.drops:
            app, sql = mutant.drops
            folder = scratch / app / "migrations"
            last = sorted(path.stem for path in folder.glob("0*.py"))[-1]
            extra = folder / "9999_mutant.py"
            extra.write_text(MIGRATION.format(app=app, last=last, sql=sql))
        answer, failed = run_tests(scratch, mutant.tests, mutant.words)
        if answer not in (0, 1) or (answer == 1 and not failed):
            raise Stale(f"pytest ended with {answer} and names no failed test")
        return failed
    finally:
        if mutant.drops or any("rls.py" in patch.files for patch in mutant.patches):
            drop_template(scratch)
        for path, text in changed.items():
            path.write_text(text)
        if extra is not None:
            extra.unlink(missing_ok=True)


def find(scratch, patch):
    """The file with the patch's text, which has to be there exactly once."""
    holders = [path for path in sorted(scratch.glob(patch.files)) if patch.old in path.read_text()]
    count = sum(path.read_text().count(patch.old) for path in holders)
    if count != 1:
        raise Stale(f"{patch.files} holds this {count} times: {patch.old}")
    return holders[0], holders[0].read_text()


def run_tests(scratch, tests, words):
    """pytest's exit code in the scratch tree, and the first failed test."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-rf", "-p", "no:cacheprovider", *tests]
    if words:
        command += ["-k", words]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(scratch)}
    try:
        done = subprocess.run(
            command, cwd=scratch, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        return -1, None
    failed = re.search(r"^FAILED (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1) or (done.returncode == 1 and not failed):
        print(done.stdout[-3000:], done.stderr[-1000:], file=sys.stderr)
    return done.returncode, failed and failed[1]


def drop_template(scratch):
    """A changed schema makes a template database of its own, which nobody needs again."""
    from django.conf import settings

    from tests import databases

    databases.ROOT = scratch
    try:
        databases.drop_database(f"umbral_template_{databases.digest_of_migrations()}", settings)
    finally:
        databases.ROOT = ROOT


if __name__ == "__main__":
    main()
