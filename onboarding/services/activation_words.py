"""What stands in the way of an activation, in plain words, each with the way on (product row C4)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from config.templatetags.ui import when_text
from onboarding.services import overview


@dataclass(frozen=True, slots=True)
class Trouble:
    """One obstacle: what happened, what to do, and until when nothing can be done."""

    word: str
    title: str
    what_to_do: str
    until: datetime | None = None


def trouble(step):
    """The ``Trouble`` of a step, or ``None``; a refusal without a word of its own is explained by its code."""
    word = step.data.get("trouble", "")
    if not step.last_error and not step.last_error_code:
        return None
    moment = step.data.get("until") or step.data.get("blocked_until")
    until = datetime.fromtimestamp(moment, UTC) if moment else None
    if word not in _WORDS:
        text = overview.error_of(step)
        return Trouble("other", _("Meta said no."), text, until) if text else None
    title, do = _WORDS[word]()
    return Trouble(word, title, do % {"when": when_text(until) if until else ""} if until else do, until)


_WORDS = {
    "wrong_code": lambda: (
        _("The code was wrong."), _("Use the newest SMS or call; older codes no longer count."),
    ),
    "expired": lambda: (
        _("The code has run out."), _("A code holds for about ten minutes. Ask for another one and use only that."),
    ),
    "too_many_wrong": lambda: (
        _("Meta takes no more attempts with this code."), _("Ask for another code. The old one no longer counts."),
    ),
    "too_often": lambda: (
        _("Too many codes were asked for."),
        _("WhatsApp has blocked the number for codes for a while. Ask again from %(when)s on; nothing else helps."),
    ),
    "in_use": lambda: (
        _("This number is in use on WhatsApp."),
        _("Free it first; it takes five minutes. We also look by ourselves and go on."),
    ),
    "deleted_now": lambda: (
        _("The number left WhatsApp a moment ago."), _("Meta needs five minutes. We go on by ourselves."),
    ),
    "verify_first": lambda: (
        _("Meta wants the number proved once more."), _("Ask for a code and enter it. It takes five minutes."),
    ),
    "pin_wrong": lambda: (
        _("The number already has a two-step PIN."),
        _("Somebody set one earlier, perhaps with another provider. Enter it, or have a new one set."),
    ),
    "pin_wait": lambda: (
        _("Too many wrong PINs."), _("Meta asks to wait until %(when)s. Then we try by ourselves."),
    ),
    "register_limit": lambda: (
        _("The number was registered too often in three days."),
        _("Meta opens it again: %(when)s. We go on by ourselves then; nothing is lost."),
    ),
    "still_leaving": lambda: (
        _("The number is still leaving its old provider."), _("We finish that and go on by ourselves in a minute."),
    ),
    "again": lambda: (_("Meta didn't finish the registration."), _("We register again by ourselves in a minute.")),
}  # fmt: skip
