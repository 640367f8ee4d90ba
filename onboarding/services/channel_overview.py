"""A channel's checklist as pages show it, the business's and our team's alike: rows, the test, where it stands."""

from django.utils.translation import gettext as _

from config.clock import now
from onboarding.models import CheckKind, CheckState, RoundTrip
from onboarding.services import channel_words, channels, round_trips
from onboarding.services.channel_checks import CHECKS, REPAIRS

LOOKS = {
    CheckState.PASSED: "ok",
    CheckState.WAIVED: "closed",
    CheckState.FAILED: "stop",
    CheckState.CHECKING: "now",
    CheckState.WAITING: "wait",
}
_ICONS = {"ok": "check", "closed": "lock", "stop": "stop", "now": "clock", "wait": "pending"}


def rows(setup, *, staff=False):
    """The items in their order, each as a dictionary for templates."""
    order = list(CheckKind)
    at = now()
    found = []
    for item in sorted(setup.items.select_related("waived_by"), key=lambda row: order.index(CheckKind(row.kind))):
        item.setup = setup
        look = LOOKS[CheckState(item.state)]
        late = channels.overdue(item, at)
        found.append(
            {
                "item": item,
                "look": look,
                "icon": _ICONS[look],
                "title": item.get_kind_display(),
                "state": _state(item),
                "why": channel_words.what_for(item.kind),
                "words": channel_words.for_staff(item) if staff else channel_words.for_business(item),
                "who": channel_words.who(item),
                "late": late,
                "due": item.due_at if item.state not in channels.SETTLED and not setup.phone_number.live_at else None,
                "evidence": _evidence(item) if staff else [],
                "may_check": item.kind in CHECKS and item.state != CheckState.CHECKING,
                "may_repair": item.kind in REPAIRS and item.state == CheckState.FAILED,
                "may_waive": item.kind != CheckKind.ROUND_TRIP and item.state not in channels.SETTLED,
            }
        )
    return found


def _state(item):
    if item.kind == CheckKind.ROUND_TRIP and item.state == CheckState.CHECKING:
        return _("Test under way")
    return item.get_state_display()


def _evidence(item):
    """What a check saw, as (name, value) for our team."""
    return [
        (name.replace("_", " "), _plain(value)) for name, value in item.evidence.items() if value not in ("", [], None)
    ]


def _plain(value):
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def counts(setup):
    """``(in order, all)``."""
    states = list(setup.items.values_list("state", flat=True))
    return sum(state in channels.SETTLED for state in states), len(states)


def standing(number, found):
    """Where a channel stands: look, headline, sentence. It says live only where ``live_at`` does."""
    failing = [row["title"] for row in found if row["item"].state == CheckState.FAILED]
    if number.live_at and failing:
        return (
            "stop",
            _("Live, but something is broken"),
            _("To be put right: %(what)s.") % {"what": ", ".join(str(title) for title in failing)},
        )
    if number.live_at:
        return "ok", _("Live"), _("A message came in and its answer arrived.")
    return "wait", _("Not live yet"), _("We call the number live once a real message has gone both ways.")


def legs(trip):
    """The legs of a round trip: title, when it was done (or None), seconds since the leg before it."""
    path = [
        (_("Word given"), trip.started_at if trip.word else None),
        (_("Message written"), trip.received_at),
        (_("Message arrived here"), trip.heard_at),
        (_("Answer put into the outbox"), trip.answered_at),
        (_("Answer sent by WhatsApp"), trip.sent_at),
        (_("Answer delivered"), trip.delivered_at),
    ]
    found, before = [], None
    for title, when in path:
        if when is None and not trip.word and title != path[-1][0]:
            continue
        seconds = max(0, round((when - before).total_seconds())) if when and before and title != path[1][0] else None
        found.append({"title": title, "when": when, "seconds": seconds})
        before = when or before
    return found


def test(number):
    """What the part on the test shows."""
    trip = round_trips.newest(number)
    proof = round_trips.proof(number)
    open_trip = trip if trip is not None and trip.state == RoundTrip.State.OPEN else None
    return {
        "trip": trip,
        "proof": proof,
        "open": open_trip,
        "address": round_trips.chat_address(open_trip) if open_trip else "",
        "under_way": trip is not None and trip.state in RoundTrip.UNDER_WAY,
        "legs": legs(trip) if trip else legs(proof) if proof else [],
        "may_start": bool(number.registered_at and number.phone_number_id),
    }
