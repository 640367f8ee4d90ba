"""What people ask of Meta with one word: archive a template, take it out of the archive, end a pause of pacing.

A click writes the wish; a worker asks outside any scope and looks at the template afterwards.
"""

from datetime import timedelta

from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from onboarding import gateway
from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.services import pauses, templates
from tenants import audit
from tenants.tenancy import acting_for, every_business

ARCHIVE, UNARCHIVE, UNPAUSE = "archive", "unarchive", "unpause"
LEASE = timedelta(seconds=120)
PAUSE = timedelta(seconds=30)


def possible(template):
    """The wishes that make sense for a template as it stands."""
    if not template.provider_id or template.wish:
        return []
    found = {
        TemplateStatus.APPROVED: [ARCHIVE],
        TemplateStatus.REJECTED: [ARCHIVE],
        TemplateStatus.PAUSED: [ARCHIVE],
        TemplateStatus.ARCHIVED: [UNARCHIVE],
    }.get(TemplateStatus(template.status), [])
    paced = template.status == TemplateStatus.PAUSED and template.pause_kind == pauses.PACING
    return [UNPAUSE, *found] if paced else found


def ask(template, wish, *, actor):
    """Wish something; a worker asks Meta. Raises ``NotPossible``. The row must be locked."""
    if template.wish == wish:
        return
    if wish not in possible(template):
        raise NotPossible(_("That can't be done with this template now."))
    template.wish, template.wish_after, template.wish_error = wish, now(), ""
    template.save(update_fields=["wish", "wish_after", "wish_error"])
    templates.record(template, "wish", "", wish, actor=actor)
    audit.record(audit.to_translate("asked of Meta for a template"), template, actor=actor, wish=wish)
    hints.after_commit("templates_hsm.tasks.submit_due_templates")


def run_due(limit=20):
    """Ask Meta for everything that is wished; return how many were tried and how many got no answer."""
    with every_business():
        due = MessageTemplate.objects.filter(wish_after__lte=now()).order_by("wish_after")
        pks = list(due.values_list("pk", flat=True)[:limit])
    return {"tried": len(pks), "failed": sum(not run_one(pk) for pk in pks)}


def run_one(pk):
    """Carry out one wish under a lease. Asking twice does no harm: each is a state to be reached."""
    with acting_for(MessageTemplate, pk) as template:
        at = now()
        if not MessageTemplate.objects.filter(pk=pk, wish_after__lte=at).update(wish_after=at + LEASE):
            return True
        wish, node, waba = template.wish, template.provider_id, template.waba
        waba_id, token, provider = waba.waba_id, waba.access_token, waba.provider
    line = gateway.line(access_token=token, provider=provider, subject=f"template:{pk}")
    try:
        if wish == UNPAUSE:
            line.unpause_template(node)
        elif wish == ARCHIVE:
            line.archive_templates(waba_id, [node])
        else:
            line.unarchive_templates(waba_id, [node])
        report = line.fetch_template(node)
    except ProviderError as error:
        with acting_for(MessageTemplate, pk) as template:
            _failed(template, error)
        return False
    with acting_for(MessageTemplate, pk) as template:
        _settle(template)
        templates.store_report(template, report)
    return True


def _failed(template, error):
    if isinstance(error, (ProviderUnavailable, OutcomeUnknown)) or error.action in {Action.RETRY, Action.WAIT}:
        MessageTemplate.objects.filter(pk=template.pk).update(wish_after=now() + PAUSE)
        return
    text = error.details or error.message or str(error)
    templates.record(template, "refused", "", str(error.subcode or error.code or ""), text=text)
    _settle(template, text)


def _settle(template, error=""):
    template.wish, template.wish_after, template.wish_error = "", None, error
    template.save(update_fields=["wish", "wish_after", "wish_error"])
