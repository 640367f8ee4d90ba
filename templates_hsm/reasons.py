"""What Meta's words about a template mean and what to do: rejection reasons and statuses.

Sources: Meta, Template status webhook and Message templates, 2025-10-31; Template quality and pausing, 2025-11. The
sentences are ours.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from templates_hsm.models import TemplateStatus


@dataclass(frozen=True, slots=True)
class Reason:
    """Why Meta refused a template, and how to put it right."""

    title: Any
    fix: Any


REASONS = {
    "ABUSIVE_CONTENT": Reason(
        _("Meta reads the text as abusive, threatening or otherwise forbidden."),
        _("Take out threats, pressure and what the commerce policy forbids. Say calmly what happened and what to do."),
    ),
    "INCORRECT_CATEGORY": Reason(
        _("The text doesn't fit the category."),
        _("Choose Marketing if it promotes anything. Keep Utility only for what the person asked for or bought."),
    ),
    "INVALID_FORMAT": Reason(
        _("A variable or the layout is faulty."),
        _("Look at braces, the order of the variables and the samples. The text can't begin or end with a variable."),
    ),
    "PROMOTIONAL": Reason(
        _("Meta reads the text as promotion where none is allowed."),
        _("Take out offers, discounts and invitations to buy, or choose Marketing."),
    ),
    "SCAM": Reason(
        _("Meta reads the text as deceptive."),
        _("Name your company and the purpose, link only to your own domain, and ask for no passwords or card numbers."),
    ),
    "TAG_CONTENT_MISMATCH": Reason(
        _("The text doesn't fit the category or the language chosen."),
        _("Check that all of the text is in the chosen language and that the category fits."),
    ),
    "CATEGORY_NOT_AVAILABLE": Reason(
        _("This category isn't available for the account or its region."),
        _("Choose another category, or ask us which ones your account may use."),
    ),
}
UNNAMED = Reason(
    _("Meta gave no reason that we know."),
    _("Compare the text with our findings. If nothing stands out, write to us; an appeal goes through Meta's manager."),
)


def explain_rejection(code):
    """The reason for Meta's word; an unknown or missing one gets a general answer."""
    return REASONS.get((code or "").upper(), UNNAMED)


@dataclass(frozen=True, slots=True)
class Look:
    """How a status is shown (a key of the look's states, an icon) and what it means for the reader."""

    kind: str
    icon: str
    meaning: Any = ""


LOOKS = {
    TemplateStatus.DRAFT: Look("pending", "note", _("Only you and your colleagues see it.")),
    TemplateStatus.HOUSE_REVIEW: Look(
        "wait", "clock", _("Our team reads it before Meta does. You get a mail, and this page follows by itself.")
    ),
    TemplateStatus.SUBMITTING: Look("info", "send", _("We are handing it in at Meta. This page follows by itself.")),
    TemplateStatus.REFUSED: Look(
        "stop", "stop", _("Meta didn't take it in. Nothing is lost: correct it and send it again.")
    ),
    TemplateStatus.PENDING: Look(
        "wait", "clock", _("Meta reviews it: often minutes, at most a day. This page follows by itself.")
    ),
    TemplateStatus.APPROVED: Look("ok", "check", _("It can be sent.")),
    TemplateStatus.REJECTED: Look("stop", "stop", _("Meta refused it. Correct it and send it again.")),
    TemplateStatus.PAUSED: Look(
        "warn",
        "warn",
        _("Meta paused it because people blocked or reported it. It can't be sent until the pause ends: "
          "3 hours the first time, 6 the second."),
    ),
    TemplateStatus.DISABLED: Look(
        "stop", "lock", _("Meta disabled it for good after repeated bad feedback. Write another one for fewer people.")
    ),
    TemplateStatus.IN_APPEAL: Look("wait", "clock", _("An appeal is open at Meta; it answers within a day.")),
    TemplateStatus.PENDING_DELETION: Look(
        "closed", "lock", _("It is being deleted. Messages already on their way still arrive for 30 days.")
    ),
    TemplateStatus.DELETED: Look(
        "closed", "lock", _("It no longer exists at Meta. Its name is free again 30 days after an approved one went.")
    ),
    TemplateStatus.LIMIT_EXCEEDED: Look(
        "warn", "warn", _("The account has as many templates as Meta allows. Delete some at Meta, then send it again.")
    ),
    TemplateStatus.ARCHIVED: Look(
        "closed", "lock", _("Meta archived it because it wasn't sent for a year. It is deleted 28 days later.")
    ),
    TemplateStatus.UNKNOWN: Look("unknown", "unknown", _("Meta uses a word that we don't know yet.")),
}  # fmt: skip
"""Every status of ours; a test holds that none is missing."""

QUALITY = {
    "green": ("ok", _("High")),
    "yellow": ("warn", _("Medium")),
    "red": ("stop", _("Low")),
}
"""Meta's judgement of a template by what people did with it (the last seven days weigh most)."""

CATEGORIES = {
    "UTILITY": _(
        "About something the person bought or asked for: a due date, a delivery, a booking, a solved problem."
    ),
    "MARKETING": _("Everything that promotes, recommends or invites. Costs more and is delivered less surely."),
    "AUTHENTICATION": _("A one-time code and nothing else. Meta writes the text."),
}
"""The categories in plain words (Meta, Template categorization, 2025-11)."""
