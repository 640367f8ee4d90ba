"""What must be true of the rows of any installation, at any moment: nine invariants, one module each.

``manage.py verify_invariants`` prints them; ``make faults`` runs it after every round of violence. Each invariant is
read in one snapshot of its own, set by set, through ``every_business()``, so that a busy installation can be looked at
while it works.
"""

from contactcenter.invariants import (
    bounds,
    conservation,
    counters,
    isolation,
    live,
    no_duplicate,
    no_loss,
    statuses,
    windows,
)
from contactcenter.invariants.base import Limits, Verdict, judge

__all__ = ["INVARIANTS", "Limits", "Verdict", "verify"]

INVARIANTS = {
    invariant.name: invariant
    for invariant in (
        no_loss.INVARIANT,
        no_duplicate.INVARIANT,
        statuses.INVARIANT,
        windows.INVARIANT,
        counters.INVARIANT,
        isolation.INVARIANT,
        live.INVARIANT,
        conservation.INVARIANT,
        bounds.INVARIANT,
    )
}


def verify(only=(), limits=None):
    """Yield a ``Verdict`` for each invariant, or for those named in ``only``.

    Raises ``KeyError`` for a name that is none, and ``django.db.Error`` when the database doesn't answer.
    """
    chosen = [INVARIANTS[name] for name in only] or INVARIANTS.values()
    for invariant in chosen:
        yield judge(invariant, limits or Limits())
