"""Small campaigns to people who get nothing else: what each of them got tells how often a campaign wrote to them."""

import itertools
from dataclasses import dataclass

import requests

PEOPLE = 5
STATES_ON_THE_WAY = ("preparing", "draft")
_numbers = itertools.count()


@dataclass(slots=True)
class Crowd:
    """One campaign and its people, who are in no other."""

    tenant: int
    people: list
    reference: str
    started: bool = False


def make(world, place):
    """A business asks for a campaign to people who said yes; nothing leaves before ``let_go``."""
    tenant, load = world.tenants[place], world.load
    people = [load.person(place, next(_numbers), "campaign") for _ in range(PEOPLE)]
    assert all([load.has_agreed(tenant, person) for person in people]), "Nobody could say yes."
    made = _ask(
        world,
        tenant,
        "",
        name=f"Crowd {people[0]}",
        phone_number=tenant.number_reference,
        template=tenant.template,
        csv="\n".join(["phone", *(f"+{person}" for person in people)]),
        columns={"phone": "phone"},
        country="CO",
    )
    load.history.crowds.append(Crowd(place, people, made["reference"]))


def let_go(world, seconds=60):
    """Start every campaign that isn't started, once its people are checked."""
    for one in world.load.history.crowds:
        if one.started:
            continue
        tenant, here = world.tenants[one.tenant], f"{one.reference}/"
        world.until(lambda tenant=tenant, here=here: _is_checked(world, tenant, here), seconds, "a campaign's check")
        _ask(world, tenant, f"{here}start/", quiet_from=None, quiet_until=None)
        one.started = True


def _is_checked(world, tenant, here):
    answer = requests.get(f"{_address(world)}{here}", headers=_key(tenant), timeout=20)
    return answer.ok and answer.json()["state"] not in STATES_ON_THE_WAY


def _ask(world, tenant, path, **body):
    answer = requests.post(f"{_address(world)}{path}", json=body, headers=_key(tenant), timeout=20)
    assert answer.ok, f"campaign {path}: {answer.text}"
    return answer.json()


def _address(world):
    return f"{world.stack.url}/api/v1/campaigns/"


def _key(tenant):
    return {"Authorization": f"Bearer {tenant.key}"}
