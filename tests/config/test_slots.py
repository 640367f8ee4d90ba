"""Tasks that may last leave a child of their worker free, whatever becomes of the children that run them."""

import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

from config import hints, slots
from config.celery import app
from tests.config.roads import APPS, Roads

POLL, LASTING, SHORT = "onboarding.tasks.poll_accounts", "onboarding.tasks.run_due_steps", "tenants.tasks.note_beat"
fork = multiprocessing.get_context("fork")


@pytest.fixture
def children():
    """Start children of a worker of three, each with a task to hold; gives a function that says whether it may run."""
    made, running = slots.Slots(3), []

    def start(name):
        here, there = fork.Pipe()
        child = fork.Process(target=_hold, args=[made, name, there])
        child.start()
        running.append(child)
        assert here.poll(10)
        child.pipe = here
        child.may_run = here.recv()
        return child

    yield start
    for child in running:
        child.kill()
        child.join()


def _hold(made, name, pipe):
    with made.one_for(name) as may_run:
        pipe.send(may_run)
        if may_run:
            pipe.recv()
    if may_run:
        pipe.send("given back")


def test_what_lasts_holds_all_children_but_one(children):
    assert [children(LASTING).may_run for _ in range(3)] == [True, True, False]


def test_what_is_short_always_runs(children):
    for _ in range(2):
        children(LASTING)

    assert children(SHORT).may_run


def test_polls_leave_a_slot_for_what_people_wait_for(children):
    assert [children(POLL).may_run for _ in range(2)] == [True, False]
    assert children(LASTING).may_run


def test_a_slot_that_is_given_back_is_there_for_the_next(children):
    first = children(POLL)
    assert not children(POLL).may_run

    first.pipe.send("go on")
    assert first.pipe.recv() == "given back"

    assert children(POLL).may_run


def test_a_killed_child_gives_its_slot_back(children):
    first = children(POLL)
    os.kill(first.pid, signal.SIGKILL)
    first.join()

    assert children(POLL).may_run


@pytest.mark.parametrize("children_of_worker", [1, 2])
def test_a_small_worker_has_one_slot_for_everybody(children_of_worker):
    made = slots.Slots(children_of_worker)

    assert (made.count, made.for_polls) == (1, 1)


def test_who_was_turned_away_is_rung_for_when_a_slot_is_given_back(monkeypatch):
    rung = []
    monkeypatch.setattr(hints, "send", lambda *task: rung.append(task))
    made = slots.Slots(3)

    with made.one_for(LASTING):
        made.turn_away(POLL, ())
        assert rung == []
    with made.one_for(LASTING):
        pass

    assert rung == [(POLL,)]


def test_who_was_asked_about_one_thing_comes_back_with_it(monkeypatch):
    later = []
    monkeypatch.setattr(hints, "send_later", lambda *task: later.append(task))

    slots.Slots(3).turn_away("contactcenter.tasks.fetch_media", (4,))

    assert later == [("contactcenter.tasks.fetch_media", 4)]


def test_what_nobody_would_ask_for_again_is_let_be_instead_of_coming_back_for_ever(monkeypatch):
    rung = []
    monkeypatch.setattr(hints, "send_later", lambda *task: rung.append(task))
    monkeypatch.setattr(hints, "send", lambda *task: rung.append(task))
    made = slots.Slots(3)

    made.turn_away("contactcenter.tasks.send_read_receipt", (4, 5))
    with made.one_for(LASTING):
        pass

    assert rung == []


def test_beat_asks_again_for_every_task_that_may_be_turned_away(settings):
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert {*slots.POLLS, *slots.LASTING} - slots.DROPPED - asked == {"onboarding.tasks.check_display_name"}
    assert "onboarding.tasks.check_waiting_display_names" in asked


def test_every_name_is_that_of_a_task():
    app.loader.import_default_modules()

    assert {*slots.POLLS, *slots.LASTING} <= set(app.tasks)


def test_every_task_that_leads_to_a_network_needs_a_slot():
    app.loader.import_default_modules()
    roads, found = Roads(), {}
    for name, task in app.tasks.items():
        if task.run.__module__.split(".")[0] in APPS:
            found[name] = roads.to_network(f"{task.run.__module__}.{task.run.__name__}")

    assert len(found) > 30
    assert {name: way for name, way in found.items() if way and name not in {*slots.POLLS, *slots.LASTING}} == {}
    assert found[LASTING] and found[POLL] and not found[SHORT]


@pytest.mark.parametrize(("concurrency", "made"), [(3, ["2", "1"]), ("auto", ["6", "5"])])
def test_a_worker_makes_slots_for_its_children(concurrency, made):
    code = (
        "from types import SimpleNamespace; from celery.utils import sysinfo;"
        "sysinfo.cpu_budget = lambda use_cgroup_quota: SimpleNamespace(count=7);"
        "from celery.signals import worker_init; import django;"
        "from config.celery import app; from config import slots; django.setup();"
        f"worker_init.send(sender=type('Worker', (), {{'concurrency': {concurrency!r}, 'pool_cls': 'prefork'}})());"
        "print(slots._slots.count, slots._slots.for_polls)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))

    assert done.stdout.split() == made, done.stderr
