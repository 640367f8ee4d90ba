"""What makes somebody come by a named point that the steady load doesn't lead to."""

import io
import uuid

import requests

from tests.faults import crowd
from tests.faults.kinds_provider import poison_one_of
from tests.faults.load import PEOPLE


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


def _campaign(world, rng):
    crowd.make(world, rng.randrange(len(world.tenants)))


def _running_campaign(world, rng):
    _campaign(world, rng)
    crowd.let_go(world)


def _channel(world, rng):
    # The next look of the schedule is put off, so that whoever comes by does what somebody asked for.
    world.stack.rows(
        "UPDATE onboarding_channelsetup SET next_check_at = now() + interval '1 hour' WHERE next_check_at > now()"
    )
    world.inside("ask_for_a_check_of_the_channel", rng.choice(world.tenants).slug)


def _two_minutes_later(world):
    """The lease of whoever took the channel and died is over."""
    world.stack.rows(
        "UPDATE onboarding_channelsetup SET asked_at = asked_at - interval '2 minutes', "
        "next_check_at = next_check_at - interval '2 minutes' WHERE asked_at > now()"
    )


def _reminder(world, rng):
    world.inside("let_a_reminder_be_due", f"reminded-{rng.getrandbits(60):x}@example.com")


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
    "campaign.prepare.before_commit": _campaign,
    "campaign.release.before_commit": _running_campaign,
    "channels.check_before_commit": _channel,
    "reminders.before_commit": _reminder,
}
STEADY = frozenset(
    {
        "digest.after_commit",
        "digest.before_commit",
        "door.after_commit",
        "door.before_commit",
        "live.before_commit",
        "live.before_numbers",
        "live.before_ring",
        "say.before_commit",
        "sender.after_claim",
        "sender.after_mark",
        "sender.after_result_commit",
        "sender.after_send",
        "sender.before_claim_commit",
        "sender.before_mark",
        "sender.before_result_commit",
    }
)
"""Points that the steady load comes by without anybody's help."""
AFTERWARDS = {
    "campaign.prepare.before_commit": crowd.let_go,
    "channels.check_before_commit": _two_minutes_later,
}
"""What has to happen after the strike so that the work that was struck comes to its end."""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
