"""An empty database takes the short way through squashed migrations; one that stands in between goes on as before."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations import RunSQL
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

OURS = {config.label for config in apps.get_app_configs() if config.path.startswith(str(settings.BASE_DIR))}
VENDORED = str(settings.BASE_DIR / ".venv")
OURS -= {config.label for config in apps.get_app_configs() if config.path.startswith(VENDORED)}


def on_disk():
    """A loader that knows the old steps alone."""
    return MigrationLoader(None, replace_migrations=False)


def squashed(loader):
    return {key: migration for key, migration in loader.disk_migrations.items() if migration.replaces}


def old_way():
    """Every step in the order in which it was once made, without the squashed ones."""
    loader = on_disk()
    short = squashed(loader)
    steps = []
    for leaf in sorted({key for key in loader.graph.nodes if key not in short and not _goes_on(loader, key)}):
        steps += [key for key in loader.graph.forwards_plan(leaf) if key not in steps and key not in short]
    return steps


def _goes_on(loader, key):
    return any(child.key[0] == key[0] for child in loader.graph.node_map[key].children)


@pytest.fixture
def standing_at(monkeypatch):
    """``standing_at(applied)`` is an executor of a database in which these steps were made."""

    def stand(applied):
        disk = on_disk().disk_migrations
        found = {key: disk[key] for key in applied}
        monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda self: dict(found))
        return MigrationExecutor(connection)

    return stand


def planned(executor):
    return [migration for migration, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def test_every_app_with_a_past_has_one_short_way(standing_at):
    way = planned(standing_at([]))
    replaced = {old for migration in way for old in migration.replaces}
    alone = {key for key in old_way() if key[0] in OURS} - replaced

    assert {migration.app_label for migration in way if migration.replaces} == OURS - {"config"}
    assert len([migration for migration in way if migration.app_label in OURS]) == len(OURS - {"config"}) + len(alone)


def test_a_database_that_stands_in_between_makes_exactly_what_is_missing(standing_at):
    steps = old_way()

    for stop in range(len(steps) + 1):
        executor = standing_at(steps[:stop])
        executor.loader.check_consistent_history(connection)
        made = set()
        for migration in planned(executor):
            made |= set(migration.replaces) or {(migration.app_label, migration.name)}
        assert made == set(steps[stop:]), f"after {steps[:stop][-1:]}"


def test_both_ways_lead_to_the_same_models(standing_at):
    loader = on_disk()
    short = squashed(loader)
    old = loader.project_state([key for key in loader.graph.leaf_nodes() if key not in short])
    executor = standing_at([])
    new = executor.loader.project_state()

    assert old.models.keys() == new.models.keys()
    told = MigrationAutodetector(old, new).deep_deconstruct
    for key, model in old.models.items():
        assert _parts(model, told) == _parts(new.models[key], told), key


def _parts(model, told):
    """Columns in their order, options, managers: everything a table is made of."""
    fields = [(name, told(field)) for name, field in model.fields.items()]
    named = {what: sorted(model.options[what], key=lambda one: one.name) for what in ("indexes", "constraints")}
    return fields, told(model.options | named), model.bases, [name for name, _manager in model.managers]


def test_statements_by_hand_are_on_the_short_way_too(standing_at):
    disk = on_disk().disk_migrations
    for key, migration in squashed(on_disk()).items():
        wanted = [op.sql for old in migration.replaces for op in disk[old].operations if isinstance(op, RunSQL)]
        assert sorted(op.sql for op in migration.operations if isinstance(op, RunSQL)) == sorted(wanted), key
