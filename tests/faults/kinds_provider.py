"""What the provider does to us: refusals, silence, broken answers; webhooks twice, late and out of order."""

import concurrent.futures

from tests.faults.ground import QUICK_STATUS
from tests.faults.kinds import KINDS, Kind, kind
from tests.faults.load import PEOPLE

IN_DOUBT = frozenset(
    {
        "server_error",
        "html",
        "html_with_200",
        "half_json",
        "huge_answer",
        "unavailable",
        "reset",
        "timeout_before",
        "timeout_after",
        "reset_after",
        "no_id",
    }
)
"""After these nobody at our end can know whether the message was taken."""
FOR_GOOD = frozenset({"window_closed", "redirect"})
"""After these a message has failed, and nobody tries again."""
LONG = {"number_limit": 130.0, "token_expired": 150.0, "policy_block": 150.0}
"""The number rests for a minute, as the answer asks or until somebody can have repaired the account."""
SLOW_STATUS = 5.0


def _refusal(fault, trials, quick=0, group=15, seconds=1, settle=60.0):
    def strike(world, rng):
        scope = "messages"
        if fault in IN_DOUBT:
            # A status that comes at once would settle everything before anybody can send again what has left.
            world.statuses_after(rng.choice((QUICK_STATUS, SLOW_STATUS)))
        world.may_fail += fault in FOR_GOOD
        armed = world.strike_next_call(kind=fault, scope=scope, count=1, seconds=seconds)
        _one_reply(world, rng)
        world.wait_for(armed)
        return int(fault in IN_DOUBT)

    KINDS[f"provider.{fault}"] = Kind(f"provider.{fault}", strike, trials, quick, group, settle)


def _one_reply(world, rng):
    """Somebody gets an answer at once, so that the fault finds a message to spoil."""
    tenant = rng.randrange(len(world.tenants))
    world.load.say(tenant, world.load.person(tenant, rng.randrange(PEOPLE), "phone"), f"Respuesta {rng.random()}")


for _fault, _trials, _quick in (
    ("rate_limit", 15, 0),
    ("rate_limit_hint", 15, 2),
    ("pair_limit", 10, 0),
    ("window_closed", 15, 2),
    ("server_error", 15, 2),
    ("unavailable", 15, 0),
    ("html", 15, 2),
    ("html_with_200", 15, 1),
    ("half_json", 10, 1),
    ("huge_answer", 5, 0),
    ("redirect", 5, 1),
    ("reset", 15, 2),
    ("reset_after", 15, 2),
    ("slow_drip", 15, 0),
    ("no_id", 15, 2),
    ("too_many", 15, 0),
    ("timeout_before", 15, 0),
):
    _refusal(_fault, _trials, _quick, seconds=10 if _fault.startswith("timeout") else 1)
_refusal("timeout_after", 20, 3, seconds=10)
for _fault in LONG:
    _refusal(_fault, 2, group=2, settle=LONG[_fault])


def _webhooks(fault, trials, quick):
    def strike(world, rng):
        armed = world.strike_next_call(kind=fault, scope="webhooks", count=2, seconds=rng.choice((0.3, 1, 2)))
        place = rng.randrange(len(world.tenants))
        world.load.write(place, world.load.person(place, rng.randrange(PEOPLE), "phone"), "¿Llegó?")
        world.wait_for(armed)
        return 0

    KINDS[f"webhooks.{fault}"] = Kind(f"webhooks.{fault}", strike, trials, quick, group=20)


_webhooks("delay", 20, 0)
_webhooks("duplicate", 20, 2)
_webhooks("reorder", 20, 2)


@kind("webhooks.clock_skew", trials=20, quick=2, group=20)
def clock_skew(world, rng):
    """The provider's clock is ahead of ours, behind it, or beside itself."""
    place = rng.randrange(len(world.tenants))
    person = world.load.person(place, rng.randrange(10**4), "skew")
    ahead = rng.choice((-300, 300, 86400, 10**9, -7200))
    wamid = world.load.deliver(place, [(person, world.load.now() + ahead, "¿Qué hora es?")])[0]
    if ahead > 0:
        # Which second counts then is the program's: the one in which it heard. The invariants look at it.
        world.load.history.heard[wamid] = (place, person, -1)
    return 0


@kind("webhooks.poison", trials=4, quick=0, group=4)
def poison(world, rng):
    """One delivery among 500 can't be handled: the others arrive, it is a dead letter, and can be replayed."""
    poison_one_of(world, rng, 500)
    code = (
        "from providers import dead_letters; from providers.models import DeadLetter; "
        "from tenants.tenancy import every_business; "
        "print(dead_letters.replay_many(DeadLetter.objects.all(), every_business))"
    )
    world.stack.manage("shell", "--verbosity", "0", "-c", code)
    return 0


def poison_one_of(world, rng, many):
    """Have one of so many deliveries become a dead letter; what made it fail is gone afterwards."""
    place = rng.randrange(len(world.tenants))
    text = f"poison {rng.random()}"
    world.stack.rows(
        "CREATE OR REPLACE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.text = TG_ARGV[0] THEN RAISE EXCEPTION 'poison' USING ERRCODE = 'P0001'; END IF; RETURN NEW; END $$"
    )
    world.stack.rows(
        "CREATE TRIGGER poison BEFORE INSERT ON contactcenter_message FOR EACH ROW EXECUTE FUNCTION poisoned(%s)", text
    )
    people = [world.load.person(place, n, "direct") for n in range(PEOPLE)]
    bodies = [[(people[n % PEOPLE], world.load.now(), f"bulk {n}")] for n in range(many)]
    bodies[rng.randrange(many)] = [(people[0], world.load.now(), text)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: world.load.deliver(place, body), bodies))
    dead = "SELECT count(*) FROM providers_deadletter WHERE closed_at IS NULL"
    try:
        world.until(lambda: world.stack.rows(dead)[0][0] == 1, 60, "the poison among the dead letters")
    finally:
        world.stack.rows("DROP TRIGGER poison ON contactcenter_message")


@kind("webhooks.huge", trials=2, quick=0, group=2)
def huge(world, rng):
    """3 MiB in a thousand entries, as large as Meta sends."""
    place = rng.randrange(len(world.tenants))
    people = [world.load.person(place, n, "direct") for n in range(PEOPLE)]
    messages = [(people[n % PEOPLE], world.load.now(), f"{n} {'x' * 2650}") for n in range(1000)]
    world.load.deliver(place, messages, apart=True, size=3 * 2**20)
    return 0


def _copies(world, rng, copies):
    """One message, at once, in as many deliveries."""
    place = rng.randrange(len(world.tenants))
    person = world.load.person(place, rng.randrange(10**4), "copy")
    wamid, at = [f"wamid.C{rng.getrandbits(120):x}"], world.load.now()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _n: world.load.deliver(place, [(person, at, "Una vez")], wamids=wamid), range(copies)))
    return 0


@kind("webhooks.copies", trials=1, quick=0, group=1)
def ten_thousand_copies(world, rng):
    return _copies(world, rng, 10_000)


@kind("webhooks.some_copies", trials=5, quick=1, group=5)
def some_copies(world, rng):
    return _copies(world, rng, 300)


@kind("webhooks.first_messages", trials=10, quick=2, group=10)
def first_messages(world, rng):
    """Twenty first messages of somebody new at once, each in a delivery of its own."""
    place = rng.randrange(len(world.tenants))
    person = world.load.person(place, rng.randrange(10**4), "first")
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        at = world.load.now()
        list(pool.map(lambda n: world.load.deliver(place, [(person, at, f"Foto {n}")]), range(20)))
    return 0
