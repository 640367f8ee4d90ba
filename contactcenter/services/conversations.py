"""Who answers a conversation and whether it is done; internal notes. Each change is audited and told to open pages."""

from django.utils.translation import gettext_lazy as _

from config.clock import now
from contactcenter.models import Conversation, ConversationStatus, Note
from contactcenter.services import CONVERSATION_CHANGED
from tenants import audit, live
from tenants.enums import ANSWERERS
from tenants.models import Membership

NOTE_LIMIT = 4000


class CannotAnswer(Exception):
    """The person chosen for a conversation is no member who may write to contacts."""

    def __init__(self):
        super().__init__(str(_("This person can't answer conversations of this business.")))


def answerers(business):
    """The memberships of those who may write to contacts, by name."""
    return (
        Membership.objects.filter(business=business, role__in=ANSWERERS)
        .select_related("user")
        .order_by("user__full_name", "pk")
    )


def assign(conversation, to, *, by):
    """Give a conversation to a colleague, or to nobody with ``to=None``. Returns whether that changed anything.

    Raises ``CannotAnswer`` when ``to`` isn't a member who may write.
    """
    row = _locked(conversation)
    if to is not None and not answerers(row.business).filter(user=to).exists():
        raise CannotAnswer
    if row.assignee_id == (to.pk if to else None):
        return False
    row.assignee = to
    _save(row, "assignee")
    audit.record(audit.to_translate("conversation assigned"), row.reference, actor=by, to=str(to or ""))
    return True


def resolve(conversation, *, by):
    """Say that a conversation is done. A later message of the person opens it again. Returns whether that is news."""
    row = _locked(conversation)
    if row.status == ConversationStatus.RESOLVED:
        return False
    row.status, row.resolved_at = ConversationStatus.RESOLVED, now()
    # Whoever resolves has seen everything; a message that comes from now on counts as unseen.
    row.read_up_to = max(filter(None, [row.read_up_to, row.last_inbound_at]), default=None)
    row.unread_count, row.waiting_since = 0, None
    _save(row, "status", "resolved_at", "read_up_to", "unread_count", "waiting_since")
    audit.record(audit.to_translate("conversation resolved"), row.reference, actor=by)
    return True


def reopen(conversation, *, by):
    """Take a resolved or snoozed conversation up again. Returns whether that is news."""
    row = _locked(conversation)
    if row.status == ConversationStatus.OPEN:
        return False
    row.status, row.resolved_at = ConversationStatus.OPEN, None
    _save(row, "status", "resolved_at")
    audit.record(audit.to_translate("conversation reopened"), row.reference, actor=by)
    return True


def add_note(conversation, text, *, by, reference=None):
    """Add an internal note, which the contact never sees. The same ``reference`` again returns the first one."""
    row = _locked(conversation)
    fields = {"conversation": row, "author": by, "text": text[:NOTE_LIMIT], "business_id": row.business_id}
    if reference is None:
        note = Note.objects.create(**fields)
    else:
        note, made = Note.objects.get_or_create(reference=reference, defaults=fields)
        if not made:
            return note
    _save(row)
    return note


def _locked(conversation):
    return Conversation.objects.select_for_update(of=("self",)).select_related("business").get(pk=conversation.pk)


def _save(row, *fields):
    row.version += 1
    row.save(update_fields=[*fields, "version"])
    live.emit(CONVERSATION_CHANGED, business_id=row.business_id, conversation=str(row.reference), version=row.version)
