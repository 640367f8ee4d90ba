"""Saving the answers of an application: only from the newest page, only while they may still change."""

import uuid

from django.utils.translation import gettext as _

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.models import OnboardingApplication, PhoneNumber
from onboarding.services import duplicates
from tenants import live
from tenants.tenancy import every_business


class StaleAnswers(Exception):
    """Somebody saved newer answers after this page was opened; ``application`` holds them."""

    def __init__(self, application):
        super().__init__(_("Somebody saved newer answers after this page was opened."))
        self.application = application


class NotEditable(Exception):
    """The application has gone on; these answers can't be changed any more."""


def current(business, number=""):
    """The application that counts for a business: the newest one that wasn't rejected, else the newest; or None.

    ``number`` may be the reference of a further number's own application instead; another text finds None.
    """
    applications = OnboardingApplication.objects.filter(business=business).order_by("-pk")
    if number:
        try:
            return applications.exclude(parent=None).filter(reference=uuid.UUID(number)).first()
        except ValueError:
            return None
    applications = applications.filter(parent=None)
    return applications.exclude(status=Status.REJECTED).first() or applications.first()


def editable_fields(application):
    """Which answers may change now: None means all of them, a set means only these."""
    if application.status == Status.DRAFT:
        return None
    if application.status == Status.CHANGES_REQUESTED:
        open_requests = application.change_requests.filter(answered_at=None)
        fields = set(open_requests.values_list("field", flat=True))
        for field in list(fields):
            fields |= DEPENDENT.get(field, set())
        return fields
    return set()


DEPENDENT = {
    "country": {"tax_id", "postal_code"},
    "display_name": {"name_is_permanent"},
    "phone": {"code_method"},
}
"""Answers whose check depends on another one, so they may change with it."""


def save(application, values, *, seen_version):
    """Write answers into the draft row and count its version up. Returns the fresh application.

    Raises ``StaleAnswers`` when the row has changed since ``seen_version``, unless it already says the same (a double
    click), and ``NotEditable`` when one of the fields is no longer the applicant's to change.
    """
    allowed = editable_fields(application)
    if allowed is not None and not set(values) <= allowed:
        raise NotEditable(_("This answer can't be changed at the moment."))
    untouched = OnboardingApplication.objects.filter(pk=application.pk, version=seen_version, status=application.status)
    changed = {name: value for name, value in values.items() if getattr(application, name) != value}
    if not changed and application.version == seen_version:
        return application
    written = untouched.update(**values, version=seen_version + 1, updated_at=now())
    fresh = OnboardingApplication.objects.get(pk=application.pk)
    fresh.business = application.business
    if written:
        duplicates.index(fresh)
        live.emit("application", application=str(fresh.reference), version=fresh.version)
        return fresh
    if all(getattr(fresh, name) == value for name, value in values.items()):
        return fresh
    raise StaleAnswers(fresh)


def number_is_taken(business, e164):
    """Whether another business has this number. It tells nothing else, and nobody learns who."""
    with every_business():
        return PhoneNumber.objects.filter(e164=e164).exclude(business=business).exists()
