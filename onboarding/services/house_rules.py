"""Changing the rules of the house: typed, with a reason, from now or a later day on; every change is kept."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.exceptions import NotPossible
from onboarding.models import HouseRuleChange
from onboarding.rulebook import house
from onboarding.rulebook.state import Change, HouseState
from tenants import audit

SHORTEST_REASON, LONGEST_REASON = 5, 1000
FURTHEST = dt.timedelta(days=731)
"""A change that is to begin later than this is more likely a mistyped year."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A house rule with the value that holds now, since when, who set it, and what is planned."""

    rule: house.HouseRule
    value: Any
    since: dt.datetime | None
    by: str
    reason: str
    planned: tuple[HouseRuleChange, ...]

    @property
    def text(self):
        return self.rule.shown(self.value)

    @property
    def default_text(self):
        return self.rule.shown(self.rule.default)

    @property
    def is_default(self):
        return self.value == self.rule.default

    @property
    def group(self):
        return house.GROUPS.get(self.rule.group, self.rule.group)


def standing(name=None):
    """Every house rule of today as it stands, or the one of that name (``KeyError`` for one that isn't)."""
    at = now()
    rows = HouseRuleChange.objects.filter(withdrawn_at=None).order_by("valid_from", "pk")
    specs = house.house_rules(at.date())
    if name is not None:
        specs, rows = {name: specs[name]}, rows.filter(rule=name)
    rows = list(rows)
    found = []
    for rule in specs.values():
        own = [row for row in rows if row.rule == rule.id]
        begun = [row for row in own if row.valid_from <= at]
        last = begun[-1] if begun else None
        found.append(
            Standing(
                rule=rule,
                value=last.new if last else rule.default,
                since=last.valid_from if last else None,
                by=last.set_by_label if last else "",
                reason=last.reason if last else "",
                planned=tuple(row for row in own if row.valid_from > at),
            )
        )
    return found if name is None else found[0]


def history(name):
    """Every change of one rule, the newest first, withdrawn ones included."""
    return list(HouseRuleChange.objects.filter(rule=name).order_by("-set_at", "-pk"))


def mark(name):
    """A short text that changes when somebody changes the rule, so that nobody overwrites what he hasn't seen."""
    rows = HouseRuleChange.objects.filter(rule=name).order_by("-pk")
    last, withdrawn = rows.values_list("pk", flat=True).first(), rows.exclude(withdrawn_at=None).count()
    return f"{last or 0}.{withdrawn}"


@transaction.atomic
def change(name, typed, *, actor, reason, seen, starts=None):
    """Set a house rule to what was typed, from now on or from the beginning of the day ``starts``.

    ``seen`` is the ``mark`` that the page carried. Raises ``ValueError`` with a sentence when the value, the reason or
    the day isn't right or nothing would change, ``NotPossible`` when a colleague changed the rule meanwhile, and
    ``KeyError`` for a name that isn't a rule.
    """
    rule = house.spec(name)
    value = rule.clean(typed)
    reason = " ".join(reason.replace("\x00", "").split())
    if len(reason) < SHORTEST_REASON:
        raise ValueError(_("Say why, in a few words; colleagues read it in the history."))
    if len(reason) > LONGEST_REASON:
        raise ValueError(_("Say why in at most %(n)d characters.") % {"n": LONGEST_REASON})
    _one_at_a_time()
    if seen != mark(name):
        raise NotPossible(_("A colleague changed this rule meanwhile. Look at the history and try again."))
    at = now()
    begins = _beginning(starts, at)
    changes = _stored()
    old = _value(name, HouseState.of(changes, begins))
    if old == value:
        raise ValueError(_("That is the value which holds then already."))
    _check_neighbours(rule, value, HouseState.of(changes, begins))
    row = HouseRuleChange.objects.create(
        rule=name,
        old=old,
        new=value,
        valid_from=begins,
        reason=reason,
        set_by=actor,
        set_by_label=str(actor),
        set_at=at,
    )
    audit.record_house(
        audit.to_translate("house rule changed"),
        rule.title,
        actor=actor,
        rule=name,
        old=old,
        new=value,
        starts=begins.isoformat(),
        reason=reason,
    )
    _tell_everyone()
    return row


@transaction.atomic
def withdraw(pk, *, actor, reason):
    """Take back a change that hasn't begun. Raises ``NotPossible`` when it has, or was withdrawn, or isn't there."""
    reason = " ".join(reason.replace("\x00", "").split())[:LONGEST_REASON]
    if len(reason) < SHORTEST_REASON:
        raise ValueError(_("Say why, in a few words; colleagues read it in the history."))
    _one_at_a_time()
    at = now()
    rows = HouseRuleChange.objects.filter(pk=pk, withdrawn_at=None, valid_from__gt=at)
    row = rows.first()
    if row is None:
        raise NotPossible(_("This change has begun or was withdrawn. Load the page again."))
    rows.update(withdrawn_at=at, withdrawn_by_label=str(actor), withdrawn_reason=reason)
    audit.record_house(
        audit.to_translate("change of a house rule withdrawn"),
        house.spec(row.rule).title,
        actor=actor,
        rule=row.rule,
        value=row.new,
        starts=row.valid_from.isoformat(),
        reason=reason,
    )
    _tell_everyone()
    return row


def _beginning(starts, at):
    if starts is None:
        return at
    begins = timezone.make_aware(dt.datetime.combine(starts, dt.time.min))
    if starts == timezone.localdate(at):
        return at
    if begins < at:
        raise ValueError(_("A change can't begin in the past: what was decided then rests on the old value."))
    if begins > at + FURTHEST:
        raise ValueError(
            _("Choose a day before %(day)s.") % {"day": date_format(timezone.localtime(at + FURTHEST).date())}
        )
    return begins


def _stored():
    rows = HouseRuleChange.objects.filter(withdrawn_at=None)
    return [Change(*row) for row in rows.values_list("pk", "rule", "new", "valid_from")]


def _value(name, state):
    last = state.last(name)
    return last.value if last else house.spec(name, state.at.date()).default


def _check_neighbours(rule, value, state):
    """Of two rules that are the ends of a span, the lower one may not pass the upper one."""
    for other in house.house_rules().values():
        if rule.not_above == other.id and value > _value(other.id, state):
            raise ValueError(
                _("Not above “%(rule)s”, which is %(value)s.")
                % {"rule": other.title, "value": other.shown(_value(other.id, state))}
            )
        if other.not_above == rule.id and value < _value(other.id, state):
            raise ValueError(
                _("Not below “%(rule)s”, which is %(value)s.")
                % {"rule": other.title, "value": other.shown(_value(other.id, state))}
            )


def _one_at_a_time():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('onboarding.house_rules'))")


def _tell_everyone():
    """This process looks again at once; the others do so within a second."""
    house.forget()
    transaction.on_commit(house.forget)
