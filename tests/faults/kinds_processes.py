"""Our own processes end: killed at random, killed at every named point, or asked to end under load."""

import io
import signal
import time
import uuid

import requests

from tests.faults.kinds import KINDS, Kind
from tests.faults.kinds_provider import poison_one_of
from tests.faults.load import PEOPLE
from tests.faults.points import POINTS

RANDOM_KILLS = {"web": (20, 1), "worker": (20, 1), "sender": (20, 1), "beat": (8, 0)}
PROVOKE_SECONDS = 20
"""A lease and a sweep, or two looks for windows that ended."""
TERMINATIONS = {"web": 5, "worker": 5, "sender": 5, "beat": 3}


def _kill(name):
    def strike(world, rng):
        world.rest(rng.uniform(0, 0.8))
        pid = world.stack.kill(name)
        # Counted before the next one is at work: what has left and whose outcome nobody wrote down.
        flying = world.flying() if name == "sender" else 0
        world.stack.back(name, pid)
        if name == "web":
            world.web_answers()
        return flying

    trials, quick = RANDOM_KILLS[name]
    KINDS[f"{name}.kill"] = Kind(f"{name}.kill", strike, trials, quick, group=4)


def _terminate(name):
    def strike(world, rng):
        world.rest(rng.uniform(0, 0.8))
        pid = world.stack.signal(name, signal.SIGTERM)
        world.stack.back(name, pid, 90)
        if name == "web":
            world.web_answers()
        return 0

    KINDS[f"{name}.sigterm"] = Kind(f"{name}.sigterm", strike, TERMINATIONS[name], quick=0, group=3)


def _point(name, actions, quick=0):
    """One kind per named point; its trials are the actions in their order."""

    def strike(world, rng, index):
        action = actions[index % len(actions)]
        before, struck = world.pids(), world.stack.struck(name)
        world.stack.order(name, action)
        provoke = PROVOKE.get(name)
        deadline, provoke_at, allowed = time.monotonic() + 60, 0.0, 0
        while world.stack.struck(name) == struck:
            assert time.monotonic() < deadline, f"Nobody came by {name}."
            if provoke and time.monotonic() > provoke_at:
                allowed += provoke(world, rng) or 0
                provoke_at = time.monotonic() + PROVOKE_SECONDS
            time.sleep(0.05)
        if POINTS[name] in ("sender", "any"):
            allowed += world.flying()
        # A worker's child is replaced by its parent, under whose pid nothing changes.
        if action == "kill" and world.stack.last_struck(name) in before.values():
            world.back_after(before)
            world.web_answers()
        return allowed

    full = f"point.{name}"
    KINDS[full] = Kind(full, strike, len(actions), quick, group=len(actions), numbered=True)


# What makes somebody come by a point that the steady load doesn't lead to


def _ended_lease(world, rng):
    """The sender dies with messages marked: a sweep will find their leases ended."""
    before = world.pids()
    world.stack.order("sender.after_mark", "kill")
    world.load.next_reply()
    world.until(lambda: not (world.stack.orders / "sender.after_mark").exists(), 30, "the sender to mark something")
    flying = world.flying()
    world.back_after(before)
    return flying


def _closing_window(world, rng):
    place = rng.randrange(len(world.tenants))
    person = world.load.person(place, 5000 + rng.randrange(10**4), "first")
    world.load.deliver(place, [(person, world.load.now() - 86400 + 2, "Casi un día")])


def _picture(world, rng):
    place = rng.randrange(len(world.tenants))
    tenant = world.tenants[place]
    answer = requests.post(
        f"{world.stack.sandbox_url}/control/api/inbound",
        data={"number": tenant.phone_number_id, "phone": world.load.person(place, rng.randrange(PEOPLE), "phone")},
        files={"file": ("foto.png", io.BytesIO(PNG), "image/png")},
        headers={"X-Sandbox": "1"},
        timeout=20,
    )
    assert answer.ok, answer.text
    world.load.history.heard[answer.json()["id"]] = (place, "", None)


def _new_template(world, rng):
    tenant = world.tenants[0]
    headers = {"Authorization": f"Bearer {tenant.key}"}
    body = {
        "name": f"note_{uuid.UUID(int=rng.getrandbits(128)).hex[:12]}",
        "language": "en_US",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": f"Your order {rng.getrandbits(60)} has arrived at our shop."}],
        "phone_number": tenant.number_reference,
    }
    url = f"{world.stack.url}/api/v1/templates/"
    made = requests.post(url, json=body, headers=headers, timeout=20)
    assert made.status_code == 201, made.text
    handed_in = requests.post(f"{url}{made.json()['reference']}/submit/", headers=headers, timeout=20)
    assert handed_in.status_code == 202, handed_in.text


def _replay(world, rng):
    poison_one_of(world, rng, 3)
    world.inside("replay_everything")


def _list(world, rng):
    first = rng.randrange(10**5)
    people = [world.load.person(0, 20_000 + (first + n) % 70_000, "phone") for n in range(40)]
    world.inside("import_a_list", world.tenants[0].slug, people)


def _decision(world, rng):
    world.inside("decide_an_application", world.tenants[0].slug)


def _due(column):
    def provoke(world, rng):
        world.stack.rows(f"UPDATE onboarding_waba SET {column} = now() - interval '1 second'")

    return provoke


PROVOKE = {
    "sweep.before_commit": _ended_lease,
    "windows.before_commit": _closing_window,
    "media.before_commit": _picture,
    "templates.submit_before_commit": _new_template,
    "templates.poll_before_commit": _due("next_template_poll_at"),
    "accounts.poll_before_commit": _due("next_poll_at"),
    "replay.before_commit": _replay,
    "contacts.import.before_commit": _list,
    "review.before_commit": _decision,
}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
SLOW_POINTS = {"door.before_commit", "digest.before_commit", "sender.before_result_commit", "sender.after_mark"}
QUICK_POINTS = {"sender.after_mark", "sender.after_send", "digest.before_commit", "door.after_commit"}

for _name in RANDOM_KILLS:
    _kill(_name)
for _name in TERMINATIONS:
    _terminate(_name)
for _name in POINTS:
    _actions = ["kill", "raise", "kill"] + (["sleep 2"] if _name in SLOW_POINTS else [])
    if _name == "replay.before_commit":  # an error leaves the letter open for a person, as it must
        _actions = ["kill", "kill", "sleep 2"]
    _point(_name, _actions, quick=int(_name in QUICK_POINTS))
