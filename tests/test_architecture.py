"""Imports point down; the house stays in its shape."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from tests.source_trees import tree_of

ROOT = Path(__file__).resolve().parent.parent

LAYERS = {
    "providers": set(),
    "tenants": set(),
    "contacts": {"providers", "tenants"},
    "onboarding": {"providers", "tenants", "contacts"},
    "templates_hsm": {"providers", "tenants", "contacts", "onboarding"},
    "sessions_24h": {"providers", "tenants", "contacts", "onboarding"},
    "contactcenter": {"providers", "tenants", "contacts", "onboarding", "templates_hsm", "sessions_24h"},
}


def imported_apps(source):
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def python_files(app):
    return [path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]


@pytest.mark.parametrize("app", LAYERS)
def test_an_app_imports_only_what_lies_below_it(app):
    upward = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(app)
        for name in imported_apps(path.read_text())
        if name in LAYERS.keys() - LAYERS[app] - {app}
    }

    assert upward == set()


@pytest.mark.parametrize("app", LAYERS)
def test_a_model_points_only_to_models_below_it(app):
    upward = {
        f"{model.__name__}.{field.name} points to {field.related_model.__name__}"
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
        and field.related_model._meta.app_label in LAYERS.keys() - LAYERS[app] - {app}
    }  # fmt: skip

    assert upward == set()


def test_config_names_no_app_but_by_string():
    """The ground knows nobody: the web program's doors and the demo are strings or late imports of their owners."""
    allowed = {"config/asgi.py"}
    upward = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files("config")
        for name in imported_apps(path.read_text())
        if name in LAYERS and str(path.relative_to(ROOT)) not in allowed
    }

    assert upward == set()


REAL_TIME = {"config/clock.py", "config/heartbeat.py"}


@pytest.mark.parametrize("app", [*LAYERS, "config"])
def test_the_present_comes_from_the_one_clock(app):
    """Domain code asks ``config.clock.now``; SQL gets the present as a parameter (leases use the unmoved clock)."""
    strays = set()
    for path in python_files(app):
        if str(path.relative_to(ROOT)) in REAL_TIME:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"timezone\.now\(|datetime\.(now|utcnow|today)\(|date\.today\(|\bNOW\(\)", line):
                strays.add(f"{path.relative_to(ROOT)}:{number}")

    assert strays == set()


def test_no_like_on_tenant_tables():
    """Under a policy LIKE and ILIKE lose their index (they aren't leakproof): search goes through token tables."""
    strays = {
        f"{path.relative_to(ROOT)}:{number}"
        for app in LAYERS
        for path in python_files(app)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"__(i?contains|i?startswith|i?endswith|search)=", line)
    }

    assert strays == set()


def test_every_translation_is_there():
    call_command("translations", "check", verbosity=0)


def test_nothing_is_said_to_be_done_later():
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    strays = {
        f"{path.relative_to(ROOT)}:{number}"
        for app in [*LAYERS, "config"]
        for path in (ROOT / app).rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css"}
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    }

    assert strays == set()
