"""The send gate: may this be sent, as what, at what price, until when. Every sender asks it.

Free-form messages need an open customer service window (docs "Sending messages", 4 November 2025); outside it only
approved templates, and those need an opt-in (WhatsApp Business Messaging Policy, November 2024). An opt-out doesn't
forbid answering inside a window that the person opened. The sender asks the same again in SQL before the first byte.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from config.clock import now
from contactcenter.costs import spending
from contacts.models import Identity, IdentityKind
from contacts.services import consent
from onboarding.services import written_first
from providers.words import NumberStatus
from sessions_24h.services import Price, price_of, window_for
from templates_hsm.models import TemplateStatus
from templates_hsm.services import categories

FREE_FORM, TEMPLATE, NOTHING = "free_form", "template", ""

_NUMBER_CANT_SEND = frozenset(
    {
        NumberStatus.PENDING,
        NumberStatus.DISCONNECTED,
        NumberStatus.BANNED,
        NumberStatus.DELETED,
        NumberStatus.MIGRATED,
        NumberStatus.UNVERIFIED,
    }
)

STOPS_EVERYTHING = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
STOPS_TEMPLATES = "RESTRICTED_BIZ_INITIATED_MESSAGING"
"""Meta's words for restrictions of an account (docs "account_update" webhook reference, 2026-05); the others stop no
message that may be sent: adding numbers, making new templates, calls."""

_WORDS = {
    "allowed": ("", ""),
    "number_not_registered": (
        _("This business number isn't registered with WhatsApp yet."),
        _("Finish activating the number, then send the message."),
    ),
    "number_cant_send": (
        _("WhatsApp doesn't let this business number send messages now."),
        _("Open the number's page to see what WhatsApp says about it."),
    ),
    "number_restricted": (
        _("WhatsApp has restricted this number: it may answer people, but not write first."),
        _("Wait until the restriction ends, or use another number."),
    ),
    "account_restricted": (
        _("WhatsApp has stopped everything that this account sends."),
        _("Wait until the restriction ends. Your number's page shows what WhatsApp says about it."),
    ),
    "account_may_only_answer": (
        _("WhatsApp has restricted this account: it may answer people, but not write first."),
        _("Wait until the restriction ends. People who write to you can be answered meanwhile."),
    ),
    "blocked": (_("This contact is blocked."), _("Unblock the contact to write to them.")),
    "no_address": (
        _("This contact has no WhatsApp number or user ID."),
        _("Add the contact's phone number."),
    ),
    "needs_phone_number": (
        _("One-time codes can't go to somebody whose phone number is unknown."),
        _("Ask the person for their phone number."),
    ),
    "window_never_opened": (
        _("This person hasn't written to this number yet, so only a template can start the conversation."),
        _("Choose an approved template."),
    ),
    "window_closed": (
        _("The 24 hours since the person's last message are over, so only a template can be sent."),
        _("Choose an approved template."),
    ),
    "budget_used_up": (
        _("The budget of this month has no room for a template that costs money. Answers in an open window still go."),
        _("Raise the budget, wait for the next month, or answer once the person writes."),
    ),
    "no_template": (_("No template was chosen."), _("Choose an approved template.")),
    "template_not_approved": (
        _("This template isn't approved, so WhatsApp won't send it."),
        _("Choose a template that is approved."),
    ),
    "category_not_agreed": (
        _("Meta moved this template to a category that costs more, and nobody has agreed to the price yet."),
        _("An owner or administrator agrees on the template's page. Until then choose another template."),
    ),
    "template_of_other_account": (
        _("This template belongs to another WhatsApp Business Account than the number."),
        _("Choose a template of the number's own account."),
    ),
    "no_opt_in": (
        _("This person hasn't agreed to hear from the business."),
        _("Record their opt-in first, or wait until they write."),
    ),
    "opted_out": (
        _("This person asked not to be written to."),
        _("Wait until they write, or until they opt in again."),
    ),
    "limit_reached": (
        _("The messaging limit is used up: WhatsApp lets this business write first to no more people in 24 hours."),
        _("Try again when a place is free; the number's page says when. People who write can be answered meanwhile."),
    ),
    "marketing_opt_out": (
        _("This person doesn't want marketing messages from the business."),
        _("Send marketing only to people who want it."),
    ),
}


def words_of(reason):
    """``(what is the matter, what to do)`` for a reason; two empty texts for a word that isn't the gate's."""
    return _WORDS.get(reason, ("", ""))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate says. ``reason`` is a word for programs, ``text`` and ``what_to_do`` are sentences for people.

    ``as_what`` says how it would leave (``free_form``, ``template``, or nothing); ``until`` when free-form ends.
    """

    allowed: bool
    reason: str
    as_what: str = NOTHING
    price: Price | None = None
    until: datetime | None = None
    again_at: datetime | None = None
    """When asking again may help, if the answer is no for now only."""

    @property
    def text(self):
        return _WORDS[self.reason][0]

    @property
    def what_to_do(self):
        return _WORDS[self.reason][1]

    def as_data(self) -> dict[str, Any]:
        """For the API and for pages that ask by script."""
        price = self.price
        return {
            "allowed": self.allowed,
            "reason": self.reason,
            "as": self.as_what,
            "text": str(self.text),
            "what_to_do": str(self.what_to_do),
            "until": self.until,
            "again_at": self.again_at,
            "price": {
                "amount": price.amount,
                "currency": price.currency,
                "market": price.market,
                "why": price.why,
            }
            if price
            else None,
        }


class NotAllowed(Exception):
    """The gate said no; ``answer`` says why and what to do."""

    def __init__(self, answer):
        super().__init__(str(answer.text))
        self.answer = answer


def may_send(conversation_or_pair, *, kind="text", template=None, at=None):
    """May a message of this ``kind`` be sent in this conversation (or to this pair of business number and contact)?

    ``kind="template"`` asks for ``template``; every other kind is free-form. Must be called inside a scope. ``at`` is
    the moment asked about (default: now). Returns an ``Answer``.
    """
    number, contact = _pair(conversation_or_pair)
    at = at or now()
    if not number.phone_number_id or not number.registered_at:
        return Answer(False, "number_not_registered")
    if number.status in _NUMBER_CANT_SEND:
        return Answer(False, "number_cant_send")
    restrictions = _restrictions(number, at)
    if STOPS_EVERYTHING in restrictions:
        return Answer(False, "account_restricted")
    if STOPS_TEMPLATES in restrictions and kind == "template":
        return Answer(False, "account_may_only_answer")
    if contact.blocked_at and contact.blocked_at <= at:
        return Answer(False, "blocked")
    kinds = dict(
        Identity.objects.filter(
            contact=contact, kind__in=[IdentityKind.WA_ID, IdentityKind.PHONE, IdentityKind.BSUID]
        ).values_list("kind", "value")
    )
    if not kinds:
        return Answer(False, "no_address")
    phone = kinds.get(IdentityKind.WA_ID) or kinds.get(IdentityKind.PHONE) or ""
    window = window_for(number, contact)
    if kind == "template":
        return _template(number, contact, template, window, phone, at)
    if window is None:
        return Answer(False, "window_never_opened")
    if not window.is_open(at):
        return Answer(False, "window_closed", until=window.expires_at)
    price = _price("service", phone, window, at)
    return Answer(True, "allowed", FREE_FORM, price, window.expires_at)


def require(conversation_or_pair, **question):
    """``may_send``, raising ``NotAllowed`` when the answer is no."""
    answer = may_send(conversation_or_pair, **question)
    if not answer.allowed:
        raise NotAllowed(answer)
    return answer


def _pair(conversation_or_pair):
    if isinstance(conversation_or_pair, tuple):
        return conversation_or_pair
    return conversation_or_pair.phone_number, conversation_or_pair.contact


def _restrictions(number, at):
    """The kinds of restriction that the number's account is under; one without an end lasts until Meta says more."""
    present = at.timestamp() * 1000
    return {
        row.get("type")
        for row in (number.waba.restrictions if number.waba_id else ())
        if row.get("expires_at_ms") is None or row["expires_at_ms"] > present
    }


def _template(number, contact, template, window, phone, at):
    if template is None:
        return Answer(False, "no_template")
    if template.waba_id != number.waba_id:
        return Answer(False, "template_of_other_account")
    if template.status != TemplateStatus.APPROVED:
        return Answer(False, "template_not_approved")
    if categories.must_agree(template):
        return Answer(False, "category_not_agreed")
    if number.status == NumberStatus.RESTRICTED:
        return Answer(False, "number_restricted")
    category = template.category.lower()
    if category == "authentication" and not phone:
        return Answer(False, "needs_phone_number")
    agreed = consent.may_message(contact, category=category, at=at)
    if not agreed.allowed:
        return Answer(False, agreed.reason)
    if window is None or not window.is_open(at):
        has_place, again_at = written_first.place_for(number, contact, at)
        if not has_place:
            return Answer(False, "limit_reached", again_at=again_at)
    price = _price(category, phone, window, at)
    if not spending.has_room(number, price.amount, at):
        return Answer(False, "budget_used_up", price=price)
    open_until = window.expires_at if window is not None and window.is_open(at) else None
    return Answer(True, "allowed", TEMPLATE, price, open_until)


def _price(category, phone, window, at):
    free_entry = bool(window and window.free_entry_expires_at and at < window.free_entry_expires_at)
    in_window = window is not None and window.is_open(at)
    return price_of(category, phone, in_window=in_window, in_free_entry=free_entry, on=at)
