"""Rules of the house that are numbers or switches. ``house_rule`` is the one door through which they are read."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class HouseRule:
    """A rule by its name: what it says and the value that holds unless staff choose another."""

    sentence: object
    value: object


HOUSE_RULES = {
    "review_target_hours": HouseRule(_("A person looks at an application within so many hours."), 24),
    "review_target_counts_weekends": HouseRule(_("Saturdays and Sundays count towards that time."), False),
    "refusals_need_two": HouseRule(_("A refusal leaves only after a second reviewer confirmed it."), False),
    "badge_retry_months": HouseRule(_("After a refused badge, a new request waits so many months."), 3),
    "badge_needs_our_look": HouseRule(_("Our team looks at a badge request before it leaves."), False),
}


def house_rule(name):
    """The value of a house rule that holds now; ``KeyError`` for a name that isn't one."""
    return HOUSE_RULES[name].value
