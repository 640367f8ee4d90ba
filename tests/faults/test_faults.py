"""A small ``make faults`` in the suite: one installation, 25 seeded faults and more of many kinds, all promises kept.

Another seed: ``FAULTS_SEED=7``. What is red is run alone with ``make faults ARGS="--seed 7 --quick --only kind"``.
"""

import json
import os
import random
from types import SimpleNamespace

import pytest

from config import faults
from tests.faults import plan
from tests.faults.kinds import KINDS
from tests.faults.load import Load
from tests.faults.points import POINTS
from tests.faults.provoke import AFTERWARDS, PROVOKE, STEADY
from tests.faults.world import World

SEED = int(os.environ.get("FAULTS_SEED", "20261122"))


def test_the_quick_run_is_large_enough():
    planned = plan.rounds(SEED, quick=True)

    assert sum(len(indexes) for _kind, indexes in planned) >= 25
    assert len({kind.name for kind, _indexes in planned}) >= 8


def test_a_seed_repeats_its_rounds_and_the_whole_run_is_large_enough():
    def names(seed):
        return [(kind.name, indexes) for kind, indexes in plan.rounds(seed)]

    assert names(3) == names(3) != names(4)
    assert sum(len(indexes) for _name, indexes in names(3)) >= 500


def test_every_named_point_of_the_program_has_its_kind():
    assert len(POINTS) >= 20
    assert {f"point.{name}" for name in POINTS} <= KINDS.keys()


def test_somebody_comes_by_every_named_point_by_the_load_or_because_we_know_what_leads_there():
    assert not PROVOKE.keys() & STEADY
    assert PROVOKE.keys() | STEADY == POINTS.keys()
    assert AFTERWARDS.keys() <= PROVOKE.keys()


def test_the_huge_delivery_has_a_thousand_entries_and_three_mebibytes(monkeypatch):
    posted = []
    load = Load(None, [SimpleNamespace(waba_id="1", phone_number_id="2")], 1)
    monkeypatch.setattr(load, "post", posted.append)

    KINDS["webhooks.huge"].once(SimpleNamespace(load=load, tenants=load.tenants), random.Random(1), 0)

    entries = json.loads(posted[0])["entry"]
    assert len(posted[0]) == 3 * 2**20
    assert [len(entry["changes"]) for entry in entries] == [1] * 1000


def test_an_order_is_carried_out_by_one_who_comes_by_and_only_once(tmp_path, monkeypatch):
    monkeypatch.setattr(faults, "_folder", str(tmp_path))
    (tmp_path / "here").write_text("raise")

    with pytest.raises(faults.Struck):
        faults.fault_point("here")
    faults.fault_point("here")
    faults.fault_point("elsewhere")

    assert [path.name.partition(".struck-")[0] for path in tmp_path.iterdir()] == ["here"]


def test_no_order_is_taken_by_a_process_that_was_not_told_to(tmp_path, monkeypatch):
    monkeypatch.setenv("FAULT_DIR", str(tmp_path))
    monkeypatch.delenv("FAULTS", raising=False)
    (tmp_path / "here").write_text("raise")

    faults.fault_point("here")

    assert (tmp_path / "here").exists()


def test_faults_of_many_kinds_lose_double_and_hide_nothing():
    planned, world = plan.rounds(SEED, quick=True), World(SEED)
    try:
        world.start()
        lines = []
        outcomes = plan.run(world, SEED, planned, tell=lines.append, together=9)
        broken = {name: dict(outcome.violations) for name, outcome in outcomes.items() if outcome.violations}
        assert not broken, "\n".join([f"seed {SEED}: {broken}", *lines, *world.checker.examples])
    finally:
        world.stop()
