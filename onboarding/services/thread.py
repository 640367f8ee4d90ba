"""The conversation between a business and our reviewers about one application: plain text, both ways."""

import re
import unicodedata

from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.models import ApplicationMessage
from onboarding.services import notices
from tenants import audit, live

LONGEST = 4000
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn"}
"""Control, direction and other signs that nobody can see: they could make a text read as something else."""
_JOINERS = {"\u200d", "\ufe0f"}
"""What holds an emoji together."""


class NotSent(ValueError):
    """The message can't be sent as it is; the words say why."""


def readable(text):
    """What people see of a text: line breaks stay, invisible signs go."""
    text = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        sign for sign in text if sign in "\n\t" or sign in _JOINERS or unicodedata.category(sign) not in _HIDDEN
    )
    return re.sub(r"\n{3,}", "\n\n", kept).strip()


def cleaned(text):
    """The text as it is kept, made ``readable``. Raises ``NotSent`` for nothing and for too much."""
    kept = readable(text)
    if not kept:
        raise NotSent(_("Write something first."))
    if len(kept) > LONGEST:
        words = {"most": LONGEST, "has": len(kept)}
        raise NotSent(_("A message has at most %(most)d characters; this one has %(has)d.") % words)
    return kept


@transaction.atomic
def write(application, text, *, author, from_staff):
    """Add a message and tell the other side by mail; a double click counts once. Raises ``NotSent``."""
    text = cleaned(text)
    last = application.messages.order_by("-pk").first()
    again = last is not None and (last.text, last.author_id, last.from_staff) == (text, author.pk, from_staff)
    if again and (now() - last.at).total_seconds() < 60:
        return last
    message = ApplicationMessage.objects.create(
        business=application.business,
        application=application,
        author=author,
        from_staff=from_staff,
        text=text,
        at=now(),
    )
    audit.record(
        audit.to_translate("message about an application"),
        application.code,
        actor=author,
        business=application.business,
    )
    live.emit("application", business_id=application.business_id, application=str(application.reference))
    if from_staff:
        notices.message_from_us(application, message)
    else:
        notices.message_from_business(application, message)
    return message


def messages(application):
    """The whole conversation, oldest first."""
    return list(application.messages.select_related("author").order_by("at", "pk"))


def unread(application, *, for_staff):
    """How many messages of the other side this side hasn't seen."""
    return application.messages.filter(from_staff=not for_staff, read_at=None).count()


def mark_read(application, *, for_staff):
    """This side has the conversation in front of it."""
    application.messages.filter(from_staff=not for_staff, read_at=None).update(read_at=now())
