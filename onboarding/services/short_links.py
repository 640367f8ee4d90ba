"""Meta's own short links for chat links: made by a worker, outside any scope, and never made twice.

Before one is made the links that Meta already has are looked through, so a lost answer doubles nothing: each greeting
carries a code that no other has.
"""

import logging
from datetime import timedelta

from config.clock import now
from onboarding import gateway
from onboarding.models import ChatLink, OptInTally, ShortLinkState
from onboarding.services import chat_links
from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from providers.errors_text import explain
from tenants.tenancy import acting_for, every_business

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
LONGEST_PAUSE = timedelta(minutes=30)
TALLIES_KEPT = timedelta(days=2)


def run_due():
    """Make the short links that are wanted; returns how many were dealt with."""
    with every_business():
        pks = list(
            ChatLink.objects.filter(short_state=ShortLinkState.WANTED, short_next_at__lte=now())
            .order_by("short_next_at")
            .values_list("pk", flat=True)[:50]
        )
        OptInTally.objects.filter(hour__lt=now() - TALLIES_KEPT).delete()
    for pk in pks:
        _run(pk)
    return len(pks)


def _run(pk):
    with acting_for(ChatLink, pk) as link:
        at = now()
        due = ChatLink.objects.filter(pk=pk, short_state=ShortLinkState.WANTED, short_next_at__lte=at)
        if not due.update(short_next_at=at + LEASE):
            return
        number = link.phone_number
        number_id, text, known = number.phone_number_id or "", chat_links.text_of(link), link.short_code
        token = number.waba.access_token if number.waba_id else ""
        provider = number.waba.provider if number.waba_id else ""
    try:
        if not number_id:
            raise ProviderUnavailable("The number isn't at the provider yet.")
        line = gateway.line(access_token=token, provider=provider, subject=f"chat link:{pk}")
        found = _ask(line, number_id, text, known, f"#{link.code}")
    except ProviderError as error:
        _failed(pk, error)
        return
    with acting_for(ChatLink, pk) as link:
        # An edit of the greeting meanwhile has put the row back to wanted, with a time of its own.
        state = ShortLinkState.READY if chat_links.text_of(link) == text else ShortLinkState.WANTED
        ChatLink.objects.filter(pk=pk).update(
            short_state=state, short_code=found.code, short_url=found.url, short_error="", short_attempts=0
        )


def _ask(line, number_id, text, known, code):
    if not known:
        same = (one for one in line.list_short_links(number_id) if one.prefilled_text.endswith(code))
        there = next(same, None)
        if there is None:
            return line.create_short_link(number_id, prefilled_text=text)
        if there.prefilled_text == text:
            return there
        known = there.code
    return line.update_short_link(number_id, code=known, prefilled_text=text)


def _kept(error):
    """An error as text that ``what_is_wrong`` can read again, in any reader's language."""
    return f"{error.code or ''}|{error.subcode or ''}|{error.details}"[:300]


def what_is_wrong(link):
    """The explanation of Meta's refusal of a link, or ``None``."""
    if link.short_state != ShortLinkState.REFUSED:
        return None
    code, subcode, details = (link.short_error.split("|", 2) + ["", ""])[:3]
    return explain(int(code) if code else None, int(subcode) if subcode else None, details)


def _failed(pk, error):
    again = isinstance(error, (ProviderUnavailable, OutcomeUnknown)) or error.action in {Action.RETRY, Action.WAIT}
    with acting_for(ChatLink, pk) as link:
        attempts = link.short_attempts + 1
        pause = min(timedelta(seconds=5 * 2 ** min(attempts, 10)), LONGEST_PAUSE)
        if error.retry_after:
            pause = max(pause, timedelta(seconds=min(error.retry_after, 3600)))
        ChatLink.objects.filter(pk=pk).update(
            short_state=ShortLinkState.WANTED if again else ShortLinkState.REFUSED,
            short_error="" if again else _kept(error),
            short_attempts=min(attempts, 1000),
            short_next_at=now() + pause,
        )
