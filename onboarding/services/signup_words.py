"""Embedded Signup in plain words: what went wrong and what to do, on which screen somebody stopped."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Problem:
    """``again`` says whether opening the window once more is the way on."""

    title: Any
    way_on: Any
    again: bool = True


PROBLEMS = {
    "left": Problem(
        _("You left before the end."),
        _("Nothing was connected. What you made at Meta is kept there: choose it when you open the window again."),
    ),
    "reported": Problem(
        _("The window showed an error, and you left."),
        _("Nothing was connected. Our team sees the error with this application and can help."),
    ),
    "abandoned": Problem(
        _("Facebook's window was open for more than an hour."),
        _("Nothing was connected. Open it again; what you made at Meta is still there."),
    ),
    "superseded": Problem(_("A newer window replaced this one."), _("Go on in the newer one.")),
    "no_code": Problem(
        _("You finished, but the window closed before it could hand over."),
        _("Open it again and press “Finish” at the end. Your choices are kept at Meta; it takes a minute."),
    ),
    "late": Problem(
        _("Meta's confirmation ran out before we could use it."),
        _("It is good for thirty seconds only. Open the window again; your choices are kept, it takes a minute."),
    ),
    "used": Problem(
        _("Meta's confirmation was used before."),
        _("Each one works once. Open the window again; your choices are kept, it takes a minute."),
    ),
    "refused": Problem(
        _("Meta didn't accept the confirmation."),
        _("Open the window again. If it happens a second time, write to us: our team sees Meta's answer."),
    ),
    "no_answer": Problem(
        _("Meta didn't answer in time."),
        _("Nothing was connected. Open the window again in a few minutes; your choices are kept at Meta."),
    ),
    "no_permission": Problem(
        _("A permission is missing."),
        _("Open the window again and keep every permission ticked: without them no message can be sent."),
    ),
    "no_account": Problem(
        _("No WhatsApp account was shared."),
        _("Open the window again, and choose or create a WhatsApp Business Account in it."),
    ),
    "not_shared": Problem(
        _("What the browser told us differs from what Meta says was shared."),
        _("We believe Meta only, so nothing was connected. Open the window again."),
    ),
    "account_taken": Problem(
        _("This WhatsApp account can't be used here."),
        _("Open the window again and choose or create another one. If this one is your company's, write to us."),
    ),
    "number_taken": Problem(
        _("This number can't be used here."),
        _("Open the window again and choose another number. If this one is your company's, write to us."),
    ),
    "number_elsewhere": Problem(
        _("This number belongs to another application of yours."),
        _("Open the window again and choose the number of this application."),
    ),
    "other_portfolio": Problem(
        _("You chose another business portfolio than the one you applied with."),
        _("Our reviewer looked at the one in your application. Open the window again and choose that one."),
    ),
    "other_number": Problem(
        _("You chose another number than the one you applied with."),
        _("Our reviewer looked at the one in your application. Open the window again and choose that one."),
    ),
    "other_account": Problem(
        _("You chose another WhatsApp account than the one that is connected."),
        _("Nothing was changed. Open the window again and choose the account that you use here."),
    ),
    "too_late": Problem(
        _("The account was set up in the usual way meanwhile."),
        _("There is nothing to do here; your application goes on."),
        again=False,
    ),
}

UNKNOWN = Problem(_("It didn't work."), _("Open the window again. If it happens a second time, write to us."))

SCREENS = {
    "BUSINESS_ACCOUNT_SELECTION": _("choosing the business portfolio"),
    "WABA_PHONE_PROFILE_PICKER": _("choosing the WhatsApp account"),
    "WHATSAPP_BUSINESS_PROFILE_SETUP": _("the WhatsApp profile"),
    "PHONE_NUMBER_SETUP": _("adding the phone number"),
    "PHONE_NUMBER_VERIFICATION": _("entering the code"),
    "PERMISSIONS": _("the permissions"),
}
"""The screens that Meta names when somebody leaves (``current_step``; Meta, "Embedded Signup", 2025-12)."""


def problem_of(session):
    """The words for what stopped a session, or None."""
    return PROBLEMS.get(session.problem, UNKNOWN) if session.problem else None


def screen_of(session):
    """On which screen the person stopped, in words; Meta's own name where we know no better."""
    return SCREENS.get(session.screen, session.screen)
