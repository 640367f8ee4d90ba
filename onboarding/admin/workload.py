"""The page on workload and outcomes: figures, charts drawn on the server, and the same as tables."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from config.dates import short
from onboarding.admin import charts
from onboarding.enums import ApplicationStatus as Status
from onboarding.rulebook.house import house_rule
from onboarding.services import workload


def context():
    """The template's values."""
    found = workload.measure()
    days = [short(day, "j M") for day in found.days]
    target = house_rule("review_target_hours")
    outcomes = {
        Status.APPROVED: pgettext("outcomes", "Approved"),
        Status.CHANGES_REQUESTED: pgettext("outcomes", "Changes requested"),
        Status.REJECTED: pgettext("outcomes", "Rejected"),
    }
    series = [(text, found.by_outcome[outcome]) for outcome, text in outcomes.items()]
    drawn = [
        charts.stacked(
            _("Decisions a day, by outcome"),
            ngettext("%(n)d decision in %(days)d days", "%(n)d decisions in %(days)d days", found.decisions)
            % {"n": found.decisions, "days": workload.DAYS},
            days,
            series,
            heading=_("Day"),
            every=7,
        ),
        charts.line(
            _("Hours until a decision, median a day"),
            _("The target is %(hours)d h.") % {"hours": target},
            days,
            found.hours,
            heading=_("Day"),
            label=_("Hours"),
            goal=target,
            goal_text=_("target"),
            every=7,
        ),
        charts.stacked(
            _("How long the queue has waited"),
            ngettext("%(n)d application waits, %(late)d late", "%(n)d applications wait, %(late)d late", found.waiting)
            % {"n": found.waiting, "late": found.late},
            _age_names(),
            [(_("Applications"), found.ages)],
            heading=_("Waited"),
        ),
    ]
    people = [
        charts.stacked(
            name,
            ngettext("%(n)d decision", "%(n)d decisions", sum(counts)) % {"n": sum(counts)},
            days,
            [(_("Decisions"), counts)],
            heading=_("Day"),
            every=7,
        )
        for name, counts in found.by_reviewer.items()
    ]
    return {
        "figures": [
            (_("Decisions"), found.decisions),
            (_("Waiting"), found.waiting),
            (_("Late"), found.late),
            (
                _("Median time to decide"),
                "–" if found.median_hours is None else _("%(n).1f h") % {"n": found.median_hours},
            ),
        ],
        "days": workload.DAYS,
        "charts": drawn,
        "people": people,
    }


def _age_names():
    ends = workload.AGES
    first = _("under %(n)d h") % {"n": ends[0]}
    between = [_("%(a)d to %(b)d h") % {"a": a, "b": b} for a, b in zip(ends, ends[1:], strict=False)]
    return [first, *between, _("over %(n)d h") % {"n": ends[-1]}]
