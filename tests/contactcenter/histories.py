"""Sets of real-shaped deliveries for the law of understanding, and a world in which to hear them."""

import json
import uuid
from datetime import timedelta

from hypothesis import strategies as st

from contactcenter.models import Conversation, OutboxItem
from contactcenter.understand import conversations
from contacts.models import Contact
from onboarding.models import ChatLink
from providers.webhooks.parser import parse_delivery
from providers.webhooks.subscribers import Heard
from tests import builders
from tests.contactcenter import deliveries as meta
from tests.contactcenter.deliveries import BEGIN

NUMBERS = ("777", "778", "888")
"""Two numbers of Acme, one of Globex."""
PEOPLE = (
    {"wa_id": "573001112233"},
    {"bsuid": "CO.1"},
    {"wa_id": "573001112233", "bsuid": "CO.1"},
    {"wa_id": "5511987654321"},
    {"wa_id": "551187654321", "bsuid": "BR.2"},
    {"bsuid": "BR.2"},
    {"wa_id": "573009998877"},
    {"wa_id": "5215512345678"},
    {"wa_id": "525512345678", "bsuid": "MX.1"},
    {"wa_id": "5491123456789"},
    {"wa_id": "541123456789", "bsuid": "AR.1"},
)
"""With and without the digit that Brazil, Mexico and Argentina write or leave out."""
WRITERS = {"777": (2, 1, 7), "778": (4, 8, 1), "888": (3, 5, 9)}
"""Who wrote the first, second and third two of the six messages of a number."""
CODES = {"777": "KLM777", "888": "KLM888"}
"""Of the links that open a chat."""
LOST = uuid.UUID("6d3c9a3e-6f1c-4c3e-9d5e-1f2a3b4c5d6e")
"""The reference of a message whose sending ended without an answer."""
WORDS = ("Hola", "STOP", "alta", "¿Cuánto cuesta?")

numbers = st.sampled_from(NUMBERS)
people = st.sampled_from(PEOPLE)
moments = st.integers(0, 200_000) | st.integers(0, 5)
names = st.sampled_from([None, None, "Rosa", "Rosita", "Ñandú"])
targets = st.sampled_from([f"wamid.{n}" for n in range(6)])


def message(number, n):
    """One of the six that people write to each number."""
    # What a message is depends on its ID alone: the same ID never comes with another content. Two are of one second.
    person, at, ad = PEOPLE[WRITERS[number][n // 2]], 15_838 * (n // 2 + 1), n == 3
    name = ("Rosa", None, "Rosita", "Ñandú", None, "Rosa")[n]
    text = f"Hola #{CODES[number]}" if n in (0, 4) and number in CODES else WORDS[n % 4]
    more = {"referral": {"source_type": "ad", "source_id": "9"}} if ad else {}
    if n in (0, 5):
        more["context"] = {"id": f"wamid.{(n + 2) % 6}"}
    return meta.inbound(number, f"wamid.{n}", at, text, name=name, username=name and "rosa", **person, **more)


inbounds = st.builds(message, numbers, st.integers(0, 5))


@st.composite
def bursts(draw):
    """The two messages that somebody writes within one second, in any order."""
    number, first = draw(numbers), draw(st.sampled_from([0, 2, 4]))
    return [message(number, n) for n in draw(st.permutations([first, first + 1]))]


@st.composite
def statuses(draw):
    word = draw(st.sampled_from(["sent", "delivered", "read", "played", "failed"]))
    which, number = draw(st.sampled_from(["out", "echo", "lost", "nobody's"])), draw(st.sampled_from(["777", "888"]))
    more = {}
    if word == "failed":
        more["errors"] = [{"code": draw(st.sampled_from([131026, 131050])), "title": "Refused"}]
    if word in ("sent", "delivered"):
        more["pricing"] = {"type": "regular", "category": {"sent": "marketing", "delivered": "utility"}[word]}
    if which == "lost":
        more["reference"] = LOST
    person = draw(st.sampled_from([{}, PEOPLE[2], PEOPLE[4], PEOPLE[8], PEOPLE[10]]))
    return meta.status(number, f"wamid.{which}", word, draw(moments), **person, **more)


@st.composite
def others(draw):
    number, at, target = draw(numbers), draw(moments), draw(targets)
    person = draw(st.sampled_from([one for one in PEOPLE if "wa_id" in one]))
    n = draw(st.integers(0, 99))
    # The ID holds all that was drawn, so that one ID always means one event.
    key = f"{number}.{at}.{target}.{PEOPLE.index(person)}.{n}"
    match draw(st.integers(0, 6)):
        case 0:
            emoji = draw(st.sampled_from(["👍", "🎉", None]))
            # In a chat of two only one person can react to a message of the business.
            person = PEOPLE[2 * (int(target[-1]) % 2)]
            return meta.reaction(number, f"wamid.r.{key}.{emoji}", at, target, emoji, **person)
        case 1:
            return meta.edit(number, f"wamid.x.{key}", at, target, f"edit {n}", wa_id=person["wa_id"])
        case 2:
            return meta.revoke(number, f"wamid.y.{key}", at, target, wa_id=person["wa_id"])
        case 3:
            return meta.echo(number, f"wamid.e.{key}", at, wa_id=person["wa_id"])
        case 4:
            return meta.changed_number(number, f"wamid.s.{key}", at, person["wa_id"], "573009998877")
        case 5:
            step = draw(st.sampled_from(["connect", "terminate"]))
            call_at = {"connect": at, "terminate": at + 60}[step]
            return meta.call(number, f"wacid.{key}", call_at, wa_id=person["wa_id"], event=step)
        case _:
            return meta.preference(number, at, draw(st.sampled_from(["stop", "resume"])), wa_id=person["wa_id"])


@st.composite
def strangers(draw):
    """What has no place here and is kept for staff."""
    number, at = draw(numbers), draw(moments)
    match draw(st.integers(0, 5)):
        case 0:
            return meta.inbound("999", f"wamid.u.{at}", at, wa_id="573001112233")
        case 1:
            return meta.inbound(number, f"wamid.g.{at}", at, wa_id="573001112233", group_id="a group")
        case 2:
            return meta.inbound(number, f"wamid.n.{at}", at)
        case 3:
            return meta.status(number, "wamid.out", "warning", at)
        case 4:
            return meta.preference(number, at, "sometimes", wa_id="573001112233")
        case _:
            return meta.frame(number, errors=[{"code": 131031, "title": f"Locked at {at}"}])


events = inbounds | inbounds | inbounds | statuses() | statuses() | others() | others() | strangers()
MANY_STRANGERS = st.lists(strangers(), min_size=2, max_size=4)
ways = st.sampled_from(["entry", "change", "beside"])


@st.composite
def heard(draw):
    """One to five events of one delivery, how it holds them, and the second at which it was received: often before the
    time that an event states."""
    any_of_them = st.lists(events, min_size=1, max_size=5)
    told = draw(any_of_them | any_of_them | st.lists(events, min_size=1, max_size=1) | bursts() | MANY_STRANGERS)
    return told, draw(st.tuples(*[ways] * (len(told) - 1))), draw(st.integers(1, 250_000) | st.integers(1, 50_000))


def whole(bundle):
    """The delivery of a ``heard`` with its second."""
    told, how, received = bundle
    return meta.packed(told, how), received


def singly(bundle):
    """A delivery for each event of a ``heard``, all of the same second."""
    told, _how, received = bundle
    return [(one, received) for one in told]


@st.composite
def histories(draw):
    """The same events twice: each in a delivery and a batch of its own, and packed into deliveries that come shuffled,
    partly repeated as a whole or in pieces, in batches of any size."""
    bundles = draw(st.lists(heard(), min_size=1, max_size=4))
    alone = [one for bundle in bundles for one in singly(bundle)]
    once = [whole(bundle) for bundle in bundles]
    repeated = draw(st.lists(st.sampled_from(once + alone), max_size=4))
    again = draw(st.permutations(once + repeated))
    cuts = sorted(draw(st.lists(st.integers(0, len(again)), max_size=4)))
    batches = [again[a:b] for a, b in zip([0, *cuts], [*cuts, len(again)], strict=True) if a < b]
    return [[one] for one in alone], batches


def numbers_of(acme, globex):
    """A number of each business with a link to it, and a second one of Acme that isn't returned."""
    builders.phone_number(acme, phone_number_id="778", pk=1002)
    found = (
        builders.phone_number(acme, phone_number_id="777", pk=1001),
        builders.phone_number(globex, phone_number_id="888", pk=1003),
    )
    with builders.every_business():
        for number in found:
            ChatLink.objects.create(
                business=number.business, phone_number=number, name="Door", code=CODES[number.phone_number_id]
            )
    return found


def past(acme_number, globex_number):
    """What was said before: an answer and an echo on each number, and a sending of Acme's that has no end yet."""
    nobody = builders.contact(acme_number.business, "Lost", wa_id="573000000000")
    thread = builders.conversation(acme_number.business, phone_number=acme_number, contact=nobody)
    lost = builders.message(
        thread, "Hi", "outbound", provider_id=None, status="unknown", rank=1, reference=LOST, at=BEGIN
    )
    with builders.every_business():
        OutboxItem.objects.create(business=lost.business, message=lost, phone_number=acme_number, state="unknown")
        Contact.objects.update(created_at=BEGIN)
        Conversation.objects.update(created_at=BEGIN, last_activity_at=BEGIN)
    for number in (acme_number, globex_number):
        person = builders.contact(number.business, "Rosa", wa_id="573001112233", created_at=BEGIN)
        conversation = builders.conversation(
            number.business, phone_number=number, contact=person, last_activity_at=BEGIN
        )
        builders.message(
            conversation, "Hi", "outbound", provider_id="wamid.out", status="accepted", rank=2, at=BEGIN,
            accepted_at=BEGIN,
        )  # fmt: skip
        builders.message(conversation, "From the app", "echo", provider_id="wamid.echo", rank=3, at=BEGIN)
    with builders.every_business():
        conversations.recount(set(Conversation.objects.values_list("pk", flat=True)), exactly=True)


def read(batch, first_id=1):
    """A batch of (delivery, second of receipt) as workers get it."""
    return [
        Heard(event, BEGIN + timedelta(seconds=received), first_id + n)
        for n, (delivery, received) in enumerate(batch)
        for event in parse_delivery(json.dumps(delivery).encode())
    ]


def difference(first, second):
    """Rows that only one of two sets of tables has, per table."""
    return {
        table: (
            [row for row in first[table] if row not in second[table]],
            [row for row in second[table] if row not in first[table]],
        )
        for table in first
        if first[table] != second[table]
    }
