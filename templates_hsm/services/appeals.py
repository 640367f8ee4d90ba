"""Asking Meta to look again. There is no API for it: people do it in Meta's manager, and we keep what is going on.

A rejection is appealed in WhatsApp Manager and answered within a day; a category within 60 days, in Business Support
(docs "Template categorization", 2025-10-31). Figures are dated data.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.clock import now
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import AppealKind, AppealState, TemplateAppeal, TemplateStatus
from templates_hsm.services import categories, platform, templates
from tenants import audit

MANAGER = "https://business.facebook.com/wa/manage/message-templates/"
SUPPORT = "https://business.facebook.com/business-support-home/"
_BY_STATUS = {TemplateStatus.REJECTED: AppealKind.REJECTION, TemplateStatus.DISABLED: AppealKind.DISABLED}


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that Meta can be asked to look at again; ``until`` is the last moment, ``last`` the newest appeal."""

    kind: str
    where: str
    until: datetime | None
    answer_hours: int
    last: TemplateAppeal | None

    @property
    def is_open(self):
        return self.last is not None and self.last.decided_at is None

    @property
    def is_late(self):
        return self.until is not None and self.until <= now()


def ways(template):
    """Every ``Way`` that makes sense for a template as it stands, and those that are under way."""
    figures = platform.newest("appeals")
    appeals: dict[str, TemplateAppeal] = {}
    for appeal in template.appeals.select_related("asked_by").order_by("asked_at", "pk"):
        appeals[appeal.kind] = appeal
    found = []
    kind = _BY_STATUS.get(TemplateStatus(template.status))
    running = [one.kind for one in appeals.values() if one.decided_at is None and one.kind != AppealKind.CATEGORY]
    for one in dict.fromkeys([*([kind] if kind else []), *running]):
        last = appeals.get(one)
        if last is not None and last.decided_at and last.asked_at < template.status_changed_at and one == kind:
            last = None if last.decided_at < template.status_changed_at else last
        found.append(Way(one, MANAGER, None, figures["answer_hours"], last))
    change = categories.latest(template)
    if change is not None and change.new == template.category and change.new != change.old:
        until = change.at + timedelta(days=figures["category_days"])
        last = appeals.get(AppealKind.CATEGORY)
        last = last if last is not None and last.asked_at >= change.at else None
        if last is not None or until > now():
            found.append(Way(AppealKind.CATEGORY, SUPPORT, until, figures["answer_hours"], last))
    return found


def asked(template, kind, *, actor):
    """Somebody asked Meta to look again; from now on its state is followed. Raises ``NotPossible``."""
    way = next((way for way in ways(template) if way.kind == kind), None)
    if way is None or way.is_late:
        raise NotPossible(_("Meta takes no appeal for this any more."))
    if way.last is not None:
        raise NotPossible(_("An appeal for this is noted already."))
    try:
        with transaction.atomic():
            appeal = TemplateAppeal.objects.create(
                business_id=template.business_id, template=template, kind=kind, asked_by=actor
            )
    except IntegrityError as exc:
        raise NotPossible(_("An appeal for this is noted already.")) from exc
    templates.record(template, "appeal", kind, AppealState.ASKED, actor=actor)
    audit.record(audit.to_translate("appeal at Meta noted"), template, actor=actor, kind=str(kind))
    return appeal


def denied(template, kind, *, actor):
    """Meta's answer came by mail and was no: nothing tells us that, so a person does. Raises ``NotPossible``."""
    if not _close(template, [kind], AppealState.DENIED, actor=actor):
        raise NotPossible(_("No appeal is open for this."))
    audit.record(audit.to_translate("appeal at Meta lost"), template, actor=actor, kind=str(kind))


def status_moved(sender, template, old, new, **_more):
    """What the status tells about an appeal: open at Meta, granted, or not."""
    if new == TemplateStatus.IN_APPEAL:
        kind = AppealKind.DISABLED if old == TemplateStatus.DISABLED else AppealKind.REJECTION
        appeal = TemplateAppeal.objects.filter(template=template, decided_at=None).exclude(kind=AppealKind.CATEGORY)
        if not appeal.update(state=AppealState.OPEN):
            TemplateAppeal.objects.create(
                business_id=template.business_id, template=template, kind=kind, state=AppealState.OPEN
            )
    elif new == TemplateStatus.APPROVED:
        _close(template, [AppealKind.REJECTION, AppealKind.DISABLED], AppealState.GRANTED)
    elif old == TemplateStatus.IN_APPEAL and new in {TemplateStatus.REJECTED, TemplateStatus.DISABLED}:
        _close(template, [AppealKind.REJECTION, AppealKind.DISABLED], AppealState.DENIED)


def category_moved(sender, template, old, new, **_more):
    """A move to what costs no more grants an open appeal against the category."""
    if not categories.is_dearer(old, new):
        _close(template, [AppealKind.CATEGORY], AppealState.GRANTED)


def _close(template, kinds, state, *, actor=None):
    rows = TemplateAppeal.objects.filter(template=template, kind__in=kinds, decided_at=None)
    closed = list(rows)
    rows.update(state=state, decided_at=now())
    for appeal in closed:
        templates.record(template, "appeal", appeal.kind, state, actor=actor)
    return len(closed)
