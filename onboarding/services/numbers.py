"""What the provider says about numbers and accounts, by poll or webhook, whichever comes first."""

from django.utils.translation import gettext as _

from config.clock import now
from onboarding.enums import StepKind, StepState
from onboarding.models import NewsSource, OnboardingStep, PhoneNumber
from onboarding.services import badge, number_news, renamings, steps
from providers.base import NameStatus
from tenants import audit, live

REPORTED = {
    "code_verification": "code_verification",
    "status": "status",
    "quality": "quality_rating",
    "messaging_limit": "messaging_limit",
}


def store_report(number, report):
    """Write a provider's report on a number; what it doesn't say stays. Returns the changed fields.

    Once a number is in use, another name on its way is a renaming of its own; until then it is the name's review.
    """
    changes = {
        field: str(getattr(report, said)) for said, field in REPORTED.items() if getattr(report, said) is not None
    }
    if report.messages_per_second:
        changes["throughput"] = report.messages_per_second
    if report.is_official is not None:
        changes["is_official"] = report.is_official
    # While a change of name runs, its review is the one that counts (onboarding reference §6.3).
    in_use = number.registered_at is not None
    name_status = report.name_status if in_use else report.new_name_status or report.name_status
    name = report.verified_name if in_use else report.new_display_name or report.verified_name
    if name_status is not None:
        changes["name_status"] = str(name_status)
        if name_status.is_usable and name:
            changes["display_name"] = name
    changed = apply(number, changes)
    if in_use:
        renamings.follow(number, report)
    return changed


def apply(number, changes, source=NewsSource.POLL, at=None):
    """Write changed fields of a number, its history, audit line and live news; let the name step follow.

    ``at`` is when the provider says that they changed.
    """
    fitting = {field: _fitting(field, value) for field, value in changes.items()}
    changed = {field: value for field, value in fitting.items() if getattr(number, field) != value}
    if changed:
        before = {field: getattr(number, field) for field in changed}
        for field, value in changed.items():
            setattr(number, field, value)
        number.save(update_fields=list(changed))
        audit.record(
            audit.to_translate("number changed at Meta"),
            number.e164,
            business=number.business,
            before=before,
            after=changed,
        )
        number_news.number_changed(number, before, changed, source, at)
        live.emit("number", business_id=number.business_id, number=str(number.reference))
    follow_name(number)
    badge.follow(number)
    return changed


def _fitting(field, value):
    """What a column holds of a text from outside: nobody promises us its length."""
    limit = PhoneNumber._meta.get_field(field).max_length
    return value[:limit] if limit and isinstance(value, str) else value


def follow_name(number):
    """Let the name step of the number's application say what the number's name status says."""
    step = (
        OnboardingStep.objects.filter(application__phone_numbers=number, kind=StepKind.NAME_REVIEW)
        .exclude(state__in=[StepState.DONE, StepState.WAITING])
        .first()
    )
    if step is None:
        return
    status = NameStatus(number.name_status)
    if status.is_usable:
        steps.done(step, name_status=str(status))
    elif status == NameStatus.DECLINED and not step.data.get("propose"):
        if step.state != StepState.WAITING_FOR_BUSINESS:
            reason = name_reason(number.name_rejection_reason)
            steps.put(step, StepState.WAITING_FOR_BUSINESS, error=reason)


def name_reason(word):
    """Why WhatsApp refused a display name, in plain words (onboarding reference §6.4)."""
    texts = {
        "NAME_EMPLOYEE_ISSUE": _("WhatsApp takes the name for a person's. Use the brand that your website shows."),
        "NAME_INDIVIDUAL_ISSUE": _("WhatsApp takes the name for a person's. Use the brand that your website shows."),
        "NAME_ENDCLIENT_NOTRELATED": _("WhatsApp sees no tie between the name and your company. Use your brand."),
        "NAME_FORMAT_UNACCEPTABLE": _("The form of the name isn't accepted: capitals, signs or a web address."),
        "NAME_NOT_CONSISTENT": _("The name differs from your brand as your website writes it."),
    }
    return texts.get(word, _("WhatsApp refused the name without saying why. Write it exactly as on your website."))


def number_of(waba, digits):
    """The number of a WABA that news with these digits is about, or ``None``."""
    return PhoneNumber.objects.filter(waba=waba, e164="+" + digits).select_related("business").first()


def touch(waba, field="next_poll_at"):
    """Ask the provider about an account at the next opportunity."""
    setattr(waba, field, now())
    waba.save(update_fields=[field])
