"""Looking at channels: a round is taken under a lease, asks outside any scope, and stores what it found.

How soon the next one comes depends on what is open, and never passes the hour's budget of questions.
"""

import random
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_noop

from config.clock import now
from config.faults import fault_point
from onboarding.models import Actor, ChannelSetup, CheckKind, CheckState
from onboarding.services import channels
from onboarding.services.channel_checks import CHECKS, REPAIRS, Finding, Look
from providers import incidents
from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from tenants.tenancy import acting_for, every_business

LEASE = timedelta(minutes=2)
CALM, LONGEST = timedelta(hours=12), timedelta(hours=2)
"""The pause between looks at a channel in order, and the longest one while something is open."""
SILENT_ROUNDS = 5


def run_due(limit=20):
    """Check the channels that are due or asked for; returns how many were, and how many got no answer."""
    at = now()
    with every_business():
        pks = list(
            ChannelSetup.objects.filter(Q(next_check_at__lte=at) | Q(asked_at__lte=at))
            .order_by("asked_at", "next_check_at")
            .values_list("pk", flat=True)[:limit]
        )
    return {"checked": len(pks), "failed": sum(not run(pk) for pk in pks)}


def run(pk):
    """Take one channel under a lease, ask the provider, store what it said. Returns whether it answered."""
    with acting_for(ChannelSetup, pk) as setup:
        at = now()
        scheduled = setup.next_check_at is not None and setup.next_check_at <= at
        taken = ChannelSetup.objects.filter(pk=pk).filter(Q(next_check_at__lte=at) | Q(asked_at__lte=at))
        lease = at + LEASE
        if not taken.update(next_check_at=lease, asked_at=lease):
            return True
        kinds = tuple(
            item.kind
            for item in setup.items.all()
            if item.kind in CHECKS
            and (item.state == CheckState.CHECKING or (scheduled and item.state != CheckState.WAIVED))
        )
        case = channels.case_of(setup, kinds)
    look = Look(case)
    findings, silent = _go_round(case, look)
    with acting_for(ChannelSetup, pk) as setup:
        store(setup, findings, silent, look.calls, scheduled=scheduled, lease=lease)
        fault_point("channels.check_before_commit")
    return silent is None


def _go_round(case, look):
    """All questions of one round: the findings, and the error that left some without an answer, or None."""
    findings, silent = {}, None
    for kind, question in [*((k, REPAIRS[k]) for k in case.repairs), *((k, CHECKS[k]) for k in case.wanted)]:
        if silent is not None and kind != CheckKind.PLATFORM:
            continue
        try:
            found = question(case, look)
        except ProviderError as error:
            found, silent = _refused(error), silent or (error if _no_answer(error) else None)
        if found is not None:
            findings[kind] = found
    return findings, silent


def _no_answer(error):
    return isinstance(error, (ProviderUnavailable, OutcomeUnknown)) or error.action in {Action.RETRY, Action.WAIT}


def _refused(error):
    """What a refusal of the question itself says about the channel; None when it says nothing."""
    if _no_answer(error):
        return None
    word = "refused"
    if error.code in {0, 190}:
        word = "token_invalid"
    elif error.code == 10 or 200 <= (error.code or 0) < 300:
        word = "permission_missing"
    return Finding(CheckState.FAILED, word, Actor.US, {}, error.code, error.details or error.message or str(error))


def store(setup, findings, silent, calls, *, scheduled=True, lease=None):
    """Write what a round found, the incidents that follow, and when to look again."""
    changed = False
    for item in setup.items.all():
        if item.kind in findings:
            changed |= channels.write(item, findings[item.kind])
        elif item.state == CheckState.CHECKING and item.kind in CHECKS:
            channels.write(item, channels.state_before(item), looked=False)
    channels.settle(setup)
    setup.failures = 0 if silent is None else setup.failures + 1
    setup.quiet_rounds = 0 if changed else min(setup.quiet_rounds + 1, 100)
    if setup.hour_began_at is None or now() - setup.hour_began_at >= timedelta(hours=1):
        setup.hour_began_at, setup.hour_calls = now(), 0
    setup.hour_calls += calls
    setup.next_check_at = now() + _pause(setup)
    setup.save(update_fields=["failures", "quiet_rounds", "hour_began_at", "hour_calls", "next_check_at"])
    ChannelSetup.objects.filter(pk=setup.pk, asked_at=lease).update(asked_at=None)
    key = f"channel:{setup.phone_number_id}:silent"
    if setup.failures >= SILENT_ROUNDS:
        incidents.open_incident(
            key, gettext_noop("A channel can't be checked: Meta gives no answer"), f"{setup}: {silent}"
        )
    elif silent is None:
        incidents.close_incident(key)
    channels.tell(setup)


def _pause(setup):
    """Soon while something is open and moving, rarely when all is in order; never past the hour's budget."""
    soon = timedelta(seconds=settings.POLL_SECONDS)
    if setup.failures:
        pause = min(soon * 2 ** min(setup.failures, 10), LONGEST)
    elif is_open(setup):
        pause = min(soon * 2 ** min(setup.quiet_rounds + 1, 10), LONGEST)
    else:
        pause = CALM
    if setup.hour_calls >= channels.HOURLY_CALLS:
        pause = max(pause, timedelta(hours=1))
    return pause * random.uniform(0.9, 1.2)


def is_open(setup):
    """Whether a look at Meta may change something: an item that can be checked isn't in order."""
    return setup.items.filter(kind__in=list(CHECKS)).exclude(state__in=channels.SETTLED).exists()
