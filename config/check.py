"""``make check``: everything that can be judged without running tests. Prints verdicts; exits 1 on a bad one."""

import os
import subprocess
import sys
import tempfile

from config.embedded import Servers


def main():
    failed = [name for name, command, environment in checks() if not passes(name, command, environment)]
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def checks():
    """``(name, command, environment)`` of each check."""
    python = sys.executable
    manage = [python, "manage.py"]
    plain = os.environ | {
        "SECRET_KEY": "a-key-for-checks-only-0123456789-abcdefghij-ABCDEFGHIJ-0123456789",
        "ENCRYPTION_KEYS": "Y2hlY2tzLW9ubHktY2hlY2tzLW9ubHktY2hlY2tzLSE=",
        "WHATSAPP_APP_SECRET": "an-app-secret-for-checks",
        "WHATSAPP_VERIFY_TOKEN": "a-verify-token-for-checks",
    }
    plain.setdefault("DATABASE_URL", "postgresql://app:app@127.0.0.1:5432/umbral")
    served = plain | {
        "PUBLIC_URL": "https://umbral.example",
        "ALLOWED_HOSTS": "umbral.example",
        "WHATSAPP_PROVIDER": "cloud_api",
        "WHATSAPP_GRAPH_URL": "https://graph.facebook.com",
        "WHATSAPP_ACCESS_TOKEN": "a-token-for-checks",
        "WHATSAPP_APP_ID": "1",
    }
    served.pop("DATABASE_OWNER_URL", None)
    served.pop("MOVABLE_CLOCK", None)
    yield "format", [python, "-m", "ruff", "format", "--check", "--quiet", "."], plain
    yield "lint", [python, "-m", "ruff", "check", "--quiet", "."], plain
    yield "types", [python, "-m", "mypy", "--no-error-summary", *TYPED], plain
    yield "migrations", [python, "-m", "config.check", "migrations"], plain
    yield "translations", [*manage, "translations", "check"], plain
    yield "deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], served


TYPED = ["config", "tenants", "providers", "contacts", "sessions_24h"]
"""The ground that the others stand on; above it Django's untyped choices say little to a type checker."""


def passes(name, command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}", flush=True)
    if done.returncode:
        print((done.stdout + done.stderr).strip()[-6000:], flush=True)
    return done.returncode == 0


def migrations_are_complete():
    """``makemigrations --check`` against a real, migrated history (it asks the database for what was applied)."""
    with tempfile.TemporaryDirectory(prefix="umbral-check-") as folder:
        os.chmod(folder, 0o755)
        environment = dict(os.environ)
        servers = None
        if not environment.get("DATABASE_OWNER_URL"):
            servers = Servers(folder, log=lambda text: None)
            servers.start()
            environment.update(servers.environment)
            subprocess.run([sys.executable, "manage.py", "setup_database"], env=environment, check=True)
        try:
            return subprocess.run(
                [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"], env=environment
            ).returncode
        finally:
            if servers is not None:
                servers.stop()


if __name__ == "__main__":
    sys.exit(migrations_are_complete() if sys.argv[1:] == ["migrations"] else main())
