"""News from the provider about templates (messaging reference §2.16). Each is safe to hear twice and late."""

from config.clock import now
from onboarding.models import ProviderRoute, Waba
from providers.webhooks import subscribers
from providers.webhooks.events import TemplateCategory, TemplateComponents, TemplateQuality, TemplateStatus
from templates_hsm import receivers
from templates_hsm.models import MessageTemplate
from templates_hsm.services import edits, pauses, templates


def listen():
    """Subscribe to what this app understands (called once when the app is ready)."""
    receivers.connect()
    subscribers.subscribe(TemplateStatus, TemplateQuality, TemplateCategory, TemplateComponents, handler=heard_batch)


def heard_batch(batch):
    """Apply the news of a batch in the provider's order; what is about no template of ours is kept for staff."""
    routes = ProviderRoute.objects.filter(
        kind=ProviderRoute.Kind.WABA, provider_id__in={heard.event.waba_id for heard in batch if heard.event.waba_id}
    )
    wabas = {route.provider_id: route.target_pk for route in routes}
    templates.take_turns(wabas.values())
    for heard in sorted(batch, key=lambda heard: (heard.event.at_ms or 0, heard.delivery_id)):
        event = heard.event
        waba_pk = wabas.get(event.waba_id)
        template = find(waba_pk, event) if waba_pk else None
        if template is None:
            if waba_pk:
                Waba.objects.filter(pk=waba_pk).update(next_template_poll_at=now())
            subscribers.keep_unknown(heard, "no business has this template")
            continue
        _APPLY[type(event)](template, event)


def find(waba_pk, event):
    """The template of an account that news is about: by ID, else by name and language."""
    rows = MessageTemplate.objects.filter(waba_id=waba_pk).select_related("business", "waba")
    return (
        rows.filter(provider_id=event.template_id).first()
        or rows.filter(provider_id=None, name=event.name, language=event.language).first()
        or rows.filter(name=event.name, language=event.language).exclude(status="deleted").first()
    )


def status_changed(template, event):
    if template.provider_id is None:
        template.provider_id = event.template_id
        template.save(update_fields=["provider_id"])
    status = templates.status_of(event.state)
    if status is None:
        templates.record(template, "news", "", event.word, title=event.title, description=event.description)
        return
    if status == "approved" and event.state == "reinstated" and template.status != "disabled":
        return
    if template.status == "submitting" and template.changes is not None and template.submit_after is not None:
        # A worker hands in a newer text: an approval of it must not let the former one leave.
        Waba.objects.filter(pk=template.waba_id).update(next_template_poll_at=now())
        return
    details = " ".join(part for part in (event.rejection_reason, event.recommendation, event.description) if part)
    reason = event.reason if status == "rejected" and event.reason != "NONE" else ""
    templates.move(template, status, raw=event.word if status == "unknown" else "", reason=reason, details=details)
    pauses.titled(template, event.title)
    if event.category is not None:
        templates.recategorise(template, str(event.category).upper())


def quality_changed(template, event):
    templates.set_quality(template, event.new)


def category_changed(template, event):
    if event.phase == "done" and event.current is not None:
        templates.recategorise(template, str(event.current).upper())
    elif event.correct is not None:
        templates.announce_category(template, str(event.correct).upper())


def components_changed(template, event):
    """Somebody edited it: here, or elsewhere, and then the account's list is asked."""
    if edits.is_our_own(template, event.body, event.footer):
        return
    Waba.objects.filter(pk=template.waba_id).update(next_template_poll_at=now())
    templates.record(template, "edited elsewhere", "", "")


_APPLY = {
    TemplateStatus: status_changed,
    TemplateQuality: quality_changed,
    TemplateCategory: category_changed,
    TemplateComponents: components_changed,
}
