"""Meta archives what nobody sends for twelve months and deletes it 28 days later: say so before (docs "Template
archiving", June and September 2026; figures in ``data/platform.toml``).

When a template was sent last is told by whoever sends (``add_source``), and asked only of those that could be near.
"""

from calendar import monthrange
from datetime import timedelta

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from config.clock import now
from onboarding.rulebook.house import house_rule
from templates_hsm.models import MessageTemplate, TemplateEvent, TemplateStatus
from templates_hsm.services import notices, platform, templates
from tenants.tenancy import business_scope, every_business

RULE = "template_archive_days"
LOOKED_AT = {TemplateStatus.APPROVED, TemplateStatus.PAUSED}
_sources = []


def add_source(source):
    """Register ``source(pks)`` → ``{pk: moment of the newest sending}``, called in a scope that sees the templates."""
    if source not in _sources:
        _sources.append(source)


def tend(limit=500):
    """Look at every template that could be archived soon; returns how many are near and how many got out of it."""
    with every_business():
        due = MessageTemplate.objects.filter(status__in=LOOKED_AT).exclude(provider_id=None)
        rows = due.annotate(since=_since()).order_by("business_id", "pk")
        near, calm = {}, []
        for pk, business, since, stored in rows.values_list("pk", "business_id", "since", "archives_at").iterator():
            if _is_near(_end(since)):
                near.setdefault(business, []).append(pk)
            elif stored is not None:
                calm.append(pk)
        left = MessageTemplate.objects.exclude(archives_at=None).exclude(status__in=LOOKED_AT)
        done = left.update(archives_at=None) + MessageTemplate.objects.filter(pk__in=calm).update(archives_at=None)
    told = 0
    for business, pks in near.items():
        with business_scope(business):
            told += sum(_look(pk) for pk in _with_last_sending(pks[:limit]))
    return {"near": told, "safe": done}


def _with_last_sending(pks):
    """Ask who sends, and keep it; returns the same keys."""
    for source in _sources:
        for pk, at in source(pks).items():
            MessageTemplate.objects.filter(pk=pk).exclude(last_sent_at__gte=at).update(last_sent_at=at)
    return pks


def _look(pk):
    template = MessageTemplate.objects.select_related("business", "waba").annotate(since=_since()).get(pk=pk)
    since = template.since
    ends = _end(since) if _is_near(_end(since)) else None
    if ends != template.archives_at:
        MessageTemplate.objects.filter(pk=pk).update(archives_at=ends)
        template.archives_at = ends
        templates.tell(template)
    if ends is not None:
        notices.tell(template, "archiving", key=f"archiving:{pk}:{since:%Y%m%d}", since=since)
    return ends is not None


def _since():
    """Since when nobody sends a template: the newest sending, or its first approval as far as we know it."""
    approved = TemplateEvent.objects.filter(template=OuterRef("pk"), kind="status", new=TemplateStatus.APPROVED)
    return Coalesce("last_sent_at", Subquery(approved.order_by("at").values("at")[:1]), "decided_at", "created_at")


def _end(since):
    """Twelve months later, by the calendar."""
    months = platform.newest("archive")["months"] + since.month - 1
    year, month = since.year + months // 12, months % 12 + 1
    return since.replace(year=year, month=month, day=min(since.day, monthrange(year, month)[1]))


def _is_near(ends):
    """Whether the house wants the business to know: so many days before."""
    return ends <= now() + timedelta(days=house_rule(RULE))
