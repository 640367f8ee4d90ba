"""The checklist in plain words: what was found, what to do, and what it rests on. For the business and for staff."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from config.clock import now
from onboarding.advisor import CURRENT, NONE
from onboarding.models import Actor, CheckKind, CheckState
from providers.errors_text import explain

WAITING = {"platform_unknown", "number_slowed", "name_pending", "trip_not_started", "trip_unused"}
"""Errors that aren't failures: somebody else has to act first."""


@dataclass(frozen=True, slots=True)
class Words:
    """One item for a reader: what is the case, and what to do about it."""

    sentence: str
    what_to_do: str = ""


def what_for(kind):
    """Why an item is on the list, in a sentence for the business."""
    return {
        CheckKind.PLATFORM: _("The program in which you answer has to be recent enough for this channel."),
        CheckKind.NUMBER: _("The number is registered and connected at WhatsApp."),
        CheckKind.NAME: _("Customers see your name instead of a bare number."),
        CheckKind.PIN: _("Nobody can register the number elsewhere without it."),
        CheckKind.PERMISSIONS: _("We may read the account and send in your name."),
        CheckKind.WEBHOOK: _("Your customers' messages come to us and to nobody else."),
        CheckKind.PROFILE: _("A line about you, address, e-mail and website stand in your profile."),
        CheckKind.PAYMENT: _("Meta charges your account for messages and needs a way to."),
        CheckKind.ROUND_TRIP: _("One real message comes in and its answer arrives. Only then we call the number live."),
    }[CheckKind(kind)]


def for_business(item):
    """An item's ``Words`` for the business."""
    return _found(item, staff=False)


def for_staff(item):
    """An item's ``Words`` for our team: where something is, and which step repairs it."""
    return _found(item, staff=True)


def _found(item, *, staff):
    if item.state == CheckState.WAIVED:
        return Words(_("Left as it is: %(reason)s") % {"reason": item.waived_reason})
    if item.error:
        words = _error(item, staff)
        return words or Words(item.details or _("Something isn't in order."))
    if item.state == CheckState.PASSED:
        return Words(_right(item))
    if item.kind == CheckKind.ROUND_TRIP:
        return Words(_("The test is under way."), _("Send its word from any phone to the number."))
    return Words(_("Not looked at yet.") if item.checked_at is None else _("Being looked at."))


def _right(item):
    seen = item.evidence
    match CheckKind(item.kind):
        case CheckKind.PLATFORM:
            if seen.get("platform") == NONE:
                return _("You answer in Umbral's own inbox, which is always current.")
            if seen.get("version"):
                return _("Version %(version)s is recent enough; %(needed)s is the first that works.") % {
                    "version": seen["version"], "needed": seen.get("needed", ""),
                }  # fmt: skip
            return _("Your contact center is current.") if seen.get("platform") == CURRENT else ""
        case CheckKind.NUMBER:
            return _("Registered and connected.")
        case CheckKind.NAME:
            return _("“%(name)s” may be shown.") % {"name": seen.get("name", "")}
        case CheckKind.PIN:
            return _("Two-step verification is on.")
        case CheckKind.PERMISSIONS:
            return _("Both permissions are there: to manage the account and to send.")
        case CheckKind.WEBHOOK:
            return _("Messages come to our address.")
        case CheckKind.PROFILE:
            if not seen.get("picture"):
                return _("Complete. A picture is missing; customers see a grey circle until there is one.")
            return _("Complete, with a picture.")
        case CheckKind.PAYMENT:
            return _("Meta reports no problem with payment.")
        case CheckKind.ROUND_TRIP:
            return _("A message came in, was answered, and the answer was delivered.")
    return ""


def _error(item, staff):
    seen, key = item.evidence, item.error
    missing = ", ".join(str(part) for part in seen.get("missing", ()))
    texts = {
        "platform_unknown": lambda: Words(
            _("Nobody has said yet in which program you answer."),
            _("Say it below. Version %(needed)s is the first that works with this channel.") % _needed(seen),
        ),
        "platform_old": lambda: Words(
            _("Your contact center is older than version %(needed)s.") % _needed(seen),
            _("Update it, then tell us the new version. Until then answer in Umbral's inbox."),
        ),
        "number_not_registered": lambda: Words(
            _("The number isn't registered at WhatsApp."), _("Finish its activation with the six-digit code.")
        ),
        "number_slowed": lambda: Words(
            _("It sent more than it may at once, so WhatsApp slows it down."), _("Nothing; it ends by itself.")
        ),
        "number_stopped": lambda: Words(
            _("Meta has restricted or banned the number."),
            _("Open Business Support in Meta Business Suite and ask for a review."),
        ),
        "number_disconnected": lambda: Words(
            _("The number is no longer connected to WhatsApp."), _("Our team registers it again.")
        ),
        "name_pending": lambda: Words(
            _("Meta is looking at the display name. Customers see the number until then."), _("Nothing; we look on.")
        ),
        "name_declined": lambda: Words(
            _("Meta has refused the display name."), _("Propose another one on the number's page.")
        ),
        "name_unusable": lambda: Words(
            _("The display name has no valid approval."), _("Our team has it reviewed again.")
        ),
        "pin_off": lambda: Words(
            _("Two-step verification is off. Somebody has turned it off in WhatsApp Manager."),
            _("Press “Put right”: we set the PIN that we keep for it.") if staff else _("Our team turns it on again."),
        ),
        "token_invalid": lambda: Words(
            _("Meta no longer accepts our access to your account."),
            _("Have the business connect its account anew, or renew the system user's token.")
            if staff
            else _("Our team connects it again; if you removed us in Meta Business Suite, add us again."),
        ),
        "token_ends": lambda: Words(
            _("Our access to your account ends within a week."),
            _("Renew the token before then.") if staff else _("Our team renews it."),
        ),
        "permission_missing": lambda: Words(
            _("A permission is missing: %(missing)s.") % {"missing": missing or _("Meta doesn't say which")},
            _("Give our app this permission for the account in Meta Business Suite, then check again.")
            if staff
            else _("Our team sorts it out with Meta. If you changed our app's permissions, give them back."),
        ),
        "permission_elsewhere": lambda: Words(
            _("The permission isn't for this account: %(missing)s.") % {"missing": missing},
            _("Share this account with our app, then check again."),
        ),
        "webhook_not_subscribed": lambda: Words(
            _("Our app isn't subscribed to the account, so no message reaches us."),
            _("Press “Put right” to subscribe it.") if staff else _("Our team connects it again."),
        ),
        "webhook_elsewhere": lambda: Words(
            _("Messages go to another address than ours.")
            if not staff
            else _("Messages go to %(actual)s instead of %(expected)s (set %(level)s).")
            % {"actual": seen.get("actual"), "expected": seen.get("expected"), "level": _level(seen.get("level"))},
            _("Press “Put right” to take that address away.")
            if staff
            else _("Our team puts it right. If another provider was connected, tell us."),
        ),
        "profile_incomplete": lambda: Words(
            _("The profile lacks: %(missing)s.") % {"missing": ", ".join(map(_part, seen.get("missing", ())))},
            _("Press “Put right” to publish what the application says.") if staff else _("Our team fills it in."),
        ),
        "payment_missing": lambda: Words(
            _("Meta can't charge the account for messages."),
            _("Open WhatsApp Manager, then Billing and payments, and add a payment method."),
        ),
        "refused": lambda: _refused(item),
        "trip_not_started": lambda: Words(
            _("No test message has gone both ways yet."), _("Start the test: send one word from any phone.")
        ),
        "trip_unused": lambda: Words(
            _("The test's word wasn't sent in time."), _("Start the test again: it takes a minute.")
        ),
        "trip_no_answer": lambda: Words(
            _("The message came in, but no answer may leave: %(why)s") % {"why": item.details},
            _("Look at the other items first, then start the test again."),
        ),
        "trip_failed": lambda: Words(
            _("The message came in, but the answer wasn't delivered."),
            f"{explain(item.error_code, details=item.details).what_to_do} "
            + _("Then start the test again, from another phone if you can.")
            if item.error_code
            else _("Start the test again, from another phone if you can."),
        ),
        "trip_silent": lambda: Words(
            _("The answer left, but nobody told us that it arrived."),
            _("Look whether the phone is on, then start the test again."),
        ),
    }
    make = texts.get(key)
    return make() if make else None


def _refused(item):
    if item.error_code is None:
        return Words(_("Meta refused the question: %(why)s") % {"why": item.details})
    text = explain(item.error_code, details=item.details)
    return Words(str(text.title), str(text.what_to_do))


def _needed(seen):
    return {"needed": seen.get("needed", "")}


def _level(word):
    return {"number": _("for the number"), "waba": _("for the account")}.get(word, _("for the app"))


def _part(word):
    return {
        "about": _("the line about you"), "address": _("address"), "email": _("e-mail"), "websites": _("website"),
    }.get(word, word)  # fmt: skip


def who(item):
    """Who acts next, in words for the business; empty when nobody has to."""
    if item.state in {CheckState.PASSED, CheckState.WAIVED}:
        return ""
    if item.state == CheckState.CHECKING:
        return _("We, by ourselves") if item.kind != CheckKind.ROUND_TRIP else _("You or our team")
    return {
        Actor.YOU: _("You"), Actor.US: _("Our team"), Actor.META: _("Meta"), Actor.NOBODY: _("We, by ourselves"),
    }[Actor(item.who)]  # fmt: skip


def due_text(item, at=None):
    """How an unfinished item stands to its date: overdue, today, or nothing to say."""
    from onboarding.services.channels import overdue  # that module imports these words

    at = at or now()
    if not overdue(item, at):
        return ""
    days = (at - item.due_at).days
    return _("overdue by %(days)d days") % {"days": days} if days > 1 else _("overdue")
