"""Handing templates in and looking at them: the questions to the provider, asked outside any scope."""

import random
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext_noop

from config.clock import now
from config.faults import fault_point
from onboarding import gateway
from onboarding.models import Waba
from onboarding.services import poll_budget
from providers import incidents
from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from templates_hsm.components import to_api
from templates_hsm.models import MessageTemplate, MissState, TemplateStatus
from templates_hsm.services import edits, header_media, quotas, templates
from tenants.tenancy import acting_for, every_business

LEASE = timedelta(seconds=120)
CALM = timedelta(hours=6)
LONGEST_PAUSE = timedelta(minutes=30)
STUCK_AFTER = 5
NOT_NOW = 2388039
"""Meta's subcode for an edit in another status or beyond the quota (messaging reference §8.5)."""


# Handing in


def submit_due(limit=20):
    """Hand in every template that waits for it; return how many were tried and how many got no answer."""
    with every_business():
        pks = list(
            MessageTemplate.objects.filter(submit_after__lte=now())
            .order_by("submit_after")
            .values_list("pk", flat=True)[:limit]
        )
    return {"tried": len(pks), "failed": sum(not submit_one(pk) for pk in pks)}


def submit_one(pk):
    """Hand in one template under a lease; asks first whether an earlier try arrived, so nothing is doubled."""
    with acting_for(MessageTemplate, pk) as template:
        at = now()
        # Counted before anything is asked: whoever comes after a worker that died looks first what arrived.
        claimed = MessageTemplate.objects.filter(pk=pk, submit_after__lte=at)
        if not claimed.update(submit_after=at + LEASE, submit_attempts=F("submit_attempts") + 1):
            return True
        definition, files = template.written, header_media.rows_of(template.written)
        waba, edited, former = template.waba, template.provider_id, template.definition
        before = templates.status_before(template)
        waba_id, token, provider, again = waba.waba_id, waba.access_token, waba.provider, template.submit_attempts > 0
    line = gateway.line(access_token=token, provider=provider, subject=f"template:{pk}")
    try:
        definition = to_api(header_media.handed_over(definition, files, line))
        if edited:
            report = _edit(line, edited, definition, former, before, again)
        else:
            report = _hand_in(line, waba_id, definition, again)
    except ProviderError as error:
        with acting_for(MessageTemplate, pk) as template:
            _refused(template, error)
        return False
    with acting_for(MessageTemplate, pk) as template:
        Waba.objects.filter(pk=template.waba_id).update(
            next_template_poll_at=now() + timedelta(seconds=settings.POLL_SECONDS)
        )
        MessageTemplate.objects.filter(pk=pk).update(
            submit_after=None, submitted_at=now(), last_error="", last_error_code=None
        )
        edits.taken(template)
        template.refresh_from_db()
        quotas.note(template, "edit" if edited else "create", status=before)
        templates.store_report(template, report)
        incidents.close_incident(f"template:{pk}")
        fault_point("templates.submit_before_commit")
    return True


def _edit(line, template_id, definition, former, before, again):
    """Hand in an edit once: after a lost answer the template itself says whether it arrived.

    The category of an approved template can't be changed (Meta, Message templates, 31 October 2025), so it isn't named.
    """
    if again:
        report = line.fetch_template(template_id)
        moved = str(report.state) != before or not edits.says_the_same(former["components"], definition)
        if moved and edits.says_the_same(report.components, definition):
            return report
    try:
        line.edit_template(
            template_id,
            category="" if before == TemplateStatus.APPROVED else definition["category"],
            components=definition["components"],
            parameter_format=definition.get("parameter_format", ""),
        )
    except ProviderError as error:
        if error.subcode != NOT_NOW or not again:
            raise
        # The first try may have arrived after we looked.
        report = line.fetch_template(template_id)
        if not edits.says_the_same(report.components, definition):
            raise
        return report
    return line.fetch_template(template_id)


def _hand_in(line, waba_id, definition, again):
    if again:
        for report in line.iter_templates(waba_id, name=definition["name"]):
            if (report.name, report.language) == (definition["name"], definition["language"]):
                return report
    return line.create_template(waba_id, **definition)


def _refused(template, error):
    text = error.details or error.message or str(error)
    later = isinstance(error, (ProviderUnavailable, OutcomeUnknown)) or error.action in {Action.RETRY, Action.WAIT}
    pause = min(timedelta(seconds=5 * 2 ** min(template.submit_attempts, 10)), LONGEST_PAUSE)
    MessageTemplate.objects.filter(pk=template.pk).update(
        submit_after=now() + pause if later else None,
        last_error=text,
        last_error_code=error.subcode or error.code,
    )
    template.refresh_from_db()
    if not later:
        if template.changes is not None:
            edits.refused(template)
        else:
            templates.move(template, TemplateStatus.REFUSED, details=text)
        templates.record(template, "refused", "", str(error.subcode or error.code or ""), text=text)
        if template.misses.filter(state=MissState.OPEN).exists():
            # The linter let it pass: staff should know, so that it can learn.
            incidents.open_incident(
                f"lint-miss:{template.pk}", gettext_noop("Meta refused a template that our check let pass"), text
            )
    elif template.submit_attempts >= STUCK_AFTER:
        incidents.open_incident(f"template:{template.pk}", gettext_noop("A template can't be handed in"), text)


# Looking


def poll_due(limit=20):
    """Look at the templates of every account that is due: one list per account, not one call per template."""
    with every_business():
        pks = list(
            Waba.objects.filter(next_template_poll_at__lte=now())
            .exclude(waba_id=None)
            .order_by("next_template_poll_at")
            .values_list("pk", flat=True)[:limit]
        )
    return {"polled": len(pks), "failed": sum(not poll(pk) for pk in pks)}


def poll(pk):
    """List the templates of one account and store what changed. Returns whether the provider answered."""
    with acting_for(Waba, pk) as waba:
        if not poll_budget.claim(waba, "next_template_poll_at", 1, LEASE):
            return True
        waba_id, token, provider = waba.waba_id, waba.access_token, waba.provider
    asked = []
    line = gateway.line(access_token=token, provider=provider, subject=f"waba:{pk}", asked=asked)
    try:
        reports = list(line.iter_templates(waba_id))
    except ProviderError as error:
        with acting_for(Waba, pk) as waba:
            waba.next_template_poll_at = now() + min(timedelta(seconds=settings.POLL_SECONDS) * 30, CALM)
            waba.save(update_fields=["next_template_poll_at"])
            poll_budget.settle(waba, 1, len(asked))
            poll_budget.heed(waba, error)
            incidents.open_incident(
                f"poll:templates:{pk}", gettext_noop("An account's templates get no answer"), f"{waba}: {error}"
            )
        return False
    with acting_for(Waba, pk) as waba:
        poll_budget.settle(waba, 1, len(asked))
        store(waba, reports)
        incidents.close_incident(f"poll:templates:{pk}")
        fault_point("templates.poll_before_commit")
    return True


def store(waba, reports):
    """Match reports to our rows by ID, else by name and language; take in those made elsewhere."""
    templates.take_turns([waba.pk])
    rows = list(
        MessageTemplate.objects.filter(waba=waba)
        .exclude(status=TemplateStatus.DELETED)
        .select_related("business", "waba")
    )
    by_id = {row.provider_id: row for row in rows if row.provider_id}
    by_name = {(row.name, row.language): row for row in rows}
    seen = set()
    for report in reports:
        row = by_id.get(report.id) or by_name.get((report.name, report.language))
        if row is None:
            row = _take_in(waba, report)
        seen.add(row.pk)
        if row.status == TemplateStatus.SUBMITTING and row.submit_after is not None:
            continue  # a worker is handing in a newer text
        if row.status == TemplateStatus.HOUSE_REVIEW:
            continue  # our team has a newer text
        templates.store_report(row, report)
    for row in rows:
        if row.provider_id and row.pk not in seen and row.status != TemplateStatus.SUBMITTING:
            templates.move(row, TemplateStatus.DELETED)
    open_since = [
        max(row.submitted_at or row.created_at, row.status_changed_at)
        for row in rows
        if row.status in {TemplateStatus.PENDING, TemplateStatus.IN_APPEAL}
    ]
    pause = poll_budget.pause_since(max(open_since)) if open_since else CALM
    waba.next_template_poll_at = now() + pause * random.uniform(0.9, 1.2)
    waba.save(update_fields=["next_template_poll_at"])


def _take_in(waba, report):
    return MessageTemplate.objects.create(
        business=waba.business,
        waba=waba,
        name=report.name,
        language=report.language,
        category=str(report.category or "UTILITY").upper(),
        components=[dict(component) for component in report.components],
        parameter_format=report.parameter_format or "POSITIONAL",
        status=TemplateStatus.PENDING,
        provider_id=report.id,
    )
