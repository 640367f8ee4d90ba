"""How often polls may ask about one account: Meta counts the questions of an hour, whoever needs the answers.

Polls of an account, those of its templates too, share one budget. Each question is paid for with time; an account that
asked a lot waits until that is paid back, however often news ask for another look. So no sixty minutes hold more
questions of polls than ``Budget.most``, and the rest of Meta's hour is left to steps, channel checks and people.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce, Greatest

from config.clock import now
from onboarding.models import PhoneNumber, Waba

HOUR = timedelta(hours=1)
LONGEST = timedelta(minutes=15)
TOO_MANY = {4, 80007, 80008}
"""Meta's codes for too many questions of the app, or about an account (Meta, "Error codes", 15 May 2026)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Of ``allowed`` questions an hour polls take ``steady`` an hour, and up to ``at_once`` ahead of time."""

    allowed: int
    steady: int
    at_once: int

    @property
    def most(self):
        """How many questions polls begin with in any sixty minutes, at most; further pages of a list come on top."""
        return self.steady + self.at_once

    def costs(self, questions):
        """How long it takes until so many questions are paid back."""
        return questions * HOUR / self.steady


BEFORE_REGISTRATION = Budget(allowed=200, steady=90, at_once=20)
AFTER_REGISTRATION = Budget(allowed=5_000, steady=2_000, at_once=300)
"""Graph calls per app and account: 200 an hour, and 5,000 once a number of it is registered (Meta, "Rate limits" of the
Business Management API, December 2025)."""


def of(waba):
    """The account's ``Budget``. Belongs inside a scope."""
    registered = PhoneNumber.objects.filter(waba=waba).exclude(registered_at=None).exists()
    return AFTER_REGISTRATION if registered else BEFORE_REGISTRATION


def claim(waba, due_field, questions, lease):
    """Take a poll that is due at ``due_field`` for ``lease``, and pay for its questions. Belongs inside a scope.

    ``False``: another worker has it, or the hour's questions are used up; then it is due when there is room.
    """
    at, budget = now(), of(waba)
    due = Waba.objects.filter(pk=waba.pk, **{f"{due_field}__lte": at})
    ahead = budget.costs(budget.at_once - min(questions, budget.at_once))
    paid_until = Greatest(Coalesce(F("polls_paid_until"), _moment(at)), _moment(at)) + budget.costs(questions)
    if due.exclude(polls_paid_until__gt=at + ahead).update(polls_paid_until=paid_until, **{due_field: at + lease}):
        return True
    due.update(**{due_field: F("polls_paid_until") - ahead})
    return False


def settle(waba, paid_for, asked):
    """Pay for the questions beyond those that ``claim`` paid for: further pages of a list."""
    if asked > paid_for:
        more = of(waba).costs(asked - paid_for)
        Waba.objects.filter(pk=waba.pk).update(polls_paid_until=F("polls_paid_until") + more)


def heed(waba, error):
    """Ask nothing more about the account while Meta says that it was asked too often."""
    if error.code in TOO_MANY:
        budget = of(waba)
        rest = timedelta(seconds=error.retry_after or HOUR.total_seconds()) + budget.costs(budget.at_once)
        Waba.objects.filter(pk=waba.pk).update(polls_paid_until=now() + rest)


def pause_since(since: datetime):
    """Until the next look at something under way: a tenth of the time that it has taken already, within bounds."""
    soon = timedelta(seconds=settings.POLL_SECONDS)
    return max(soon, min((now() - since) / 10, LONGEST))


def _moment(at):
    return Value(at, output_field=DateTimeField())
