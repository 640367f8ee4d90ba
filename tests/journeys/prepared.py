"""A data folder as a first start leaves it before its processes run: made once, copied for every ``Stack``."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from tests.databases import ROOT, digest_of_migrations

PLACE = Path("/var/tmp")
"""As root the servers run as another user, who must be able to reach the folders."""
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")
KEPT = ("postgres", "servers.env", "secrets.env", "prepared")
FORGOTTEN_AFTER_SECONDS = 2 * 24 * 3600


def new_folder():
    """A folder of its own with servers, roles, tables and secrets, none of them running.

    Raises ``CalledProcessError`` when the program can't prepare one; it has printed why.
    """
    folder = _empty("umbral-journey-")
    try:
        with _alone():
            source = _source()
            subprocess.run(["cp", "-a", *(str(source / name) for name in KEPT), str(folder)], check=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _source():
    """The folder that is copied, made by the program itself when what it consists of has changed."""
    mine = f"umbral-prepared-{os.getuid()}-"
    source = PLACE / f"{mine}{_digest()}"
    if source.exists():
        os.utime(source)
        return source
    for old in PLACE.glob(f"{mine}*"):
        if time.time() - old.stat().st_mtime > FORGOTTEN_AFTER_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    unfinished = _empty("umbral-unfinished-")
    try:
        prepare(unfinished)
        unfinished.rename(source)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return source


def prepare(folder):
    """Have the program make what a first start makes there. Raises ``CalledProcessError`` when it can't.

    Ctrl-C reaches us alone, and the program's servers are ended before anybody deletes their folder.
    """
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    command = [sys.executable, "-m", "config.run", "prepare"]
    environment["DATA_DIR"] = str(folder)
    program = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        code = program.wait()
    finally:
        if program.poll() is None:
            program.terminate()
            program.wait()
    if code:
        raise subprocess.CalledProcessError(code, command)


def _digest():
    """The ledger has partitions for the days after it was made, so each day makes a folder of its own."""
    digest = hashlib.sha256(f"{digest_of_migrations()} {sys.version} {time.strftime('%Y%m%d', time.gmtime())}".encode())
    for name in ("run.py", "embedded.py", "management/commands/setup_database.py"):
        digest.update((ROOT / "config" / name).read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _alone():
    """Test runs side by side make and copy one after the other."""
    with open(PLACE / f"umbral-prepared-{os.getuid()}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _empty(prefix):
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=PLACE))
    folder.chmod(0o755)
    return folder
