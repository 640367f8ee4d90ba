"""The round trip of a number (product row C5): one real message in, its answer delivered. Only then is it live.

Somebody starts it here and gets a word to send from any phone. The contact center, which stands above this app, says
when the word came in (``heard``), whether an answer was put into the outbox (``answered``, ``could_not_answer``) and
what became of it (``progressed``). An ordinary conversation that was answered and delivered counts as well
(``from_conversation``). ``close`` is the one place from which a number is called live.
"""

import re
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.exceptions import NotPossible
from onboarding.models import Actor, ChannelSetup, CheckKind, CheckState, RoundTrip
from onboarding.services import channels, steps
from onboarding.services.channel_checks import Finding
from onboarding.services.chat_links import chat_url
from tenants import audit
from tenants.tenancy import acting_for, every_business

State = RoundTrip.State
WORD_LIVES = timedelta(hours=24)
SILENT_AFTER = timedelta(minutes=30)
"""An answer of which nobody said that it arrived: the person's phone may be off."""
_LETTERS, _FIGURES = "ABCDEFGHJKMNPQRSTUVWXYZ", "23456789"
"""Letters and figures that nobody mistakes for each other."""
_WORDS = re.compile(rf"(?<![0-9A-Za-z])[{_LETTERS}]{{3}}[{_FIGURES}]{{2}}(?![0-9A-Za-z])", re.IGNORECASE)
LONGEST_TEXT = 80


def words_in(text):
    """What may be a test's word in a message: three letters and two figures, in a short text. Most have none."""
    return [word.upper() for word in _WORDS.findall(text)[:3]] if len(text) <= LONGEST_TEXT else []


def chat_address(trip):
    """The ``wa.me`` address that opens the chat with the word already written."""
    return chat_url(trip.phone_number.e164, trip.word)


def newest(number):
    """The last round trip that somebody started on this number, or None."""
    return number.round_trips.exclude(word="").order_by("-started_at", "-pk").first()


def proof(number):
    """The round trip that shows that the number works: the newest finished one, or None."""
    return number.round_trips.filter(state=State.DONE).order_by("-finished_at", "-pk").first()


@transaction.atomic
def start(number, *, actor, by_staff=False):
    """Begin a test with a new word; one that was under way is given up. Raises ``NotPossible`` before registration."""
    if not number.registered_at or not number.phone_number_id:
        raise NotPossible(_("The number isn't registered yet. Activate it first."))
    item = _locked(number)
    number.round_trips.filter(state__in=RoundTrip.UNDER_WAY).update(state=State.EXPIRED, finished_at=now())
    trip = RoundTrip.objects.create(
        business_id=number.business_id,
        phone_number=number,
        word=_new_word(),
        started_at=now(),
        started_by=actor,
        expires_at=now() + WORD_LIVES,
    )
    if item.state != CheckState.PASSED:
        channels.write(item, Finding(CheckState.CHECKING, "", Actor.YOU), looked=False)
    channels.settle(item.setup)
    audit.record(
        audit.to_translate("test message started"), number.e164, actor=actor, business=number.business,
        staff_only=by_staff,
    )  # fmt: skip
    channels.tell(item.setup)
    return trip


def _new_word():
    letters = "".join(secrets.choice(_LETTERS) for _n in range(3))
    return letters + "".join(secrets.choice(_FIGURES) for _n in range(2))


def _locked(number):
    """The round trip's item, its checklist held until the end of the transaction."""
    channels.begin(number)
    setup = ChannelSetup.objects.select_for_update().select_related("phone_number", "business").get(phone_number=number)
    item = setup.items.get(kind=CheckKind.ROUND_TRIP)
    item.setup = setup
    return item


# What the contact center tells


def heard(arrivals):
    """Note the words among ``arrivals`` (number's key, word, provider's message ID, when it was written).

    Returns ``[(trip, place in arrivals)]`` for those that want an answer now. A word counts once, on its own number
    and within its time.
    """
    if not arrivals:
        return []
    rows = RoundTrip.objects.filter(
        phone_number_id__in={row[0] for row in arrivals},
        word__in={row[1] for row in arrivals},
        state=State.OPEN,
        expires_at__gt=now(),
    ).select_related("phone_number__business")
    waiting = {(trip.phone_number_id, trip.word): trip for trip in rows}
    found = []
    for place, (number_id, word, message, at) in enumerate(arrivals):
        trip = waiting.pop((number_id, word), None)
        if trip is None:
            continue
        item = _locked(trip.phone_number)
        if not RoundTrip.objects.filter(pk=trip.pk, state=State.OPEN).update(
            state=State.RECEIVED, received_at=at, heard_at=now(), received_message=message[:512]
        ):
            continue
        trip.refresh_from_db()
        channels.tell(item.setup)
        found.append((trip, place))
    return found


def answered(trip, *, reference, at):
    """The answer waits in the outbox under this ``reference``."""
    trip.state, trip.answer, trip.answered_at = State.ANSWERED, reference, at
    trip.save(update_fields=["state", "answer", "answered_at"])
    channels.tell(_locked(trip.phone_number).setup)


def could_not_answer(trip, why):
    """The gate said no, with this sentence."""
    _fail(trip, "trip_no_answer", why)


def progressed(trip, *, sent_at=None, delivered_at=None, failed_at=None, code=None, details=""):
    """What became of the answer, as its statuses say; a delivery closes the circle."""
    if trip.state not in RoundTrip.UNDER_WAY:
        return False
    if sent_at and trip.sent_at != sent_at:
        trip.sent_at = sent_at
        trip.save(update_fields=["sent_at"])
        channels.tell(_locked(trip.phone_number).setup)
    if delivered_at:
        trip.delivered_at = delivered_at
        close(trip)
        return True
    if failed_at:
        _fail(trip, "trip_failed", details, code)
    return False


def from_conversation(number, *, received_at, answered_at, sent_at, delivered_at):
    """An ordinary message came in and its answer was delivered: as good as a test."""
    trip = RoundTrip(
        business_id=number.business_id,
        phone_number=number,
        state=State.DONE,
        started_at=received_at,
        expires_at=received_at,
        received_at=received_at,
        answered_at=answered_at,
        sent_at=sent_at,
        delivered_at=delivered_at,
    )
    close(trip)
    return trip


@transaction.atomic
def close(trip):
    """The circle is closed: the item has passed, and the number is live from now on."""
    item = _locked(trip.phone_number)
    trip.state, trip.finished_at, trip.error, trip.error_code = State.DONE, now(), "", None
    trip.save()
    evidence = {
        name: getattr(trip, name).isoformat()
        for name in ("received_at", "heard_at", "answered_at", "sent_at", "delivered_at")
        if getattr(trip, name)
    }
    channels.write(item, Finding(CheckState.PASSED, evidence=evidence | {"word": trip.word}))
    channels.settle(item.setup)
    steps.note_round_trip(trip.phone_number)
    channels.tell(item.setup)


@transaction.atomic
def _fail(trip, error, details="", code=None):
    item = _locked(trip.phone_number)
    trip.state, trip.finished_at, trip.error, trip.error_code = State.FAILED, now(), details[:2000], code
    trip.save(update_fields=["state", "finished_at", "error", "error_code"])
    who = Actor.US if error == "trip_no_answer" else Actor.YOU
    channels.write(item, Finding(CheckState.FAILED, error, who, {}, code, details))
    channels.settle(item.setup)
    channels.tell(item.setup)


# Time


def give_up_late(limit=50):
    """End the tests whose word wasn't used in time, and those of whose answer nothing was heard."""
    at = now()
    with every_business():
        unused = list(
            RoundTrip.objects.filter(state=State.OPEN, expires_at__lte=at).values_list("pk", flat=True)[:limit]
        )
        silent = list(
            RoundTrip.objects.filter(
                state__in=[State.RECEIVED, State.ANSWERED], heard_at__lte=at - SILENT_AFTER
            ).values_list("pk", flat=True)[:limit]
        )
    for pk in unused:
        with acting_for(RoundTrip, pk) as trip:
            item = _locked(trip.phone_number)
            if RoundTrip.objects.filter(pk=pk, state=State.OPEN).update(state=State.EXPIRED, finished_at=at):
                if item.state == CheckState.CHECKING:
                    channels.write(item, Finding(CheckState.WAITING, "trip_unused", Actor.YOU), looked=False)
                channels.tell(item.setup)
    for pk in silent:
        with acting_for(RoundTrip, pk) as trip:
            if trip.state in RoundTrip.UNDER_WAY:
                _fail(trip, "trip_silent")
    return len(unused) + len(silent)
