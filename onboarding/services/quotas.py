"""What may be tried with a number how often, counted by us before the provider counts (product row C4).

Attempts are rows, so counting survives restarts and moves with the number. Raises and words are for the person in
front of the page; the figures are dated data (``services/number_rules.py``).
"""

from datetime import timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from config.clock import now
from config.templatetags.ui import when_text
from onboarding.exceptions import NotPossible
from onboarding.models import ActivationAttempt, AttemptKind, Renaming
from onboarding.services import number_rules

KEPT = timedelta(days=31)


def note(number, kind):
    """One more attempt of a kind with this number; without one (it isn't made yet) there is nothing to count."""
    if number is None:
        return None
    return ActivationAttempt.objects.create(business_id=number.business_id, phone_number=number, kind=kind, at=now())


def left(number, kind):
    """``number_rules.Left`` of a kind (``AttemptKind`` or ``"rename"``) for a number, now."""
    if number is None:
        return number_rules.left(kind, [])
    since = now() - number_rules.longest_window(kind)
    if kind == "rename":
        rows = Renaming.objects.filter(phone_number=number, sent_at__gt=since).values_list("sent_at", flat=True)
    else:
        rows = ActivationAttempt.objects.filter(phone_number=number, kind=kind, at__gt=since).values_list(
            "at", flat=True
        )
    return number_rules.left(kind, list(rows))


def require(number, kind):
    """Raise ``NotPossible`` with the time of the next try when a quota is used up."""
    found = left(number, kind)
    if found.next_at is not None:
        raise NotPossible(used_up(kind, found.next_at))


def used_up(kind, next_at):
    """Why nothing more is possible now and when it is again."""
    when = when_text(next_at)
    texts = {
        AttemptKind.CODE: _("Enough codes were asked for. WhatsApp blocks impatient numbers. Next try: %(when)s."),
        AttemptKind.WRONG_CODE: _("Too many wrong codes. WhatsApp would block the number. Next try: %(when)s."),
        AttemptKind.REGISTER: _("The number was registered too often in three days. Next try: %(when)s."),
        AttemptKind.PIN: _("Enough PINs were tried. WhatsApp would block the number. Next try: %(when)s."),
        "rename": _("The display name was changed as often as WhatsApp allows. Next try: %(when)s."),
    }
    return texts[kind] % {"when": when}


def last(number, kind):
    """When a kind was last tried, or ``None``."""
    return ActivationAttempt.objects.filter(phone_number=number, kind=kind).aggregate(at=Max("at"))["at"]


def forget_old():
    """Drop attempts that count no longer. Must be called in ``every_business``."""
    return ActivationAttempt.objects.filter(at__lt=now() - KEPT).delete()[0]
