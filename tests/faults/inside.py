"""What only the program itself can set going without its pages; each function runs in ``manage.py shell``."""

from datetime import timedelta


def replay_everything():
    """A staff member asks for a replay of all dead letters."""
    from providers import replays

    replays.ask("faults@example.com")


def import_a_list(slug, digits):
    """A business hands in a list of people who said yes."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from contacts.imports import files, job
    from contacts.models import ImportState
    from contacts.services import wordings
    from tenants.models import Business
    from tenants.tenancy import business_scope

    business = Business.objects.get(slug=slug)
    lines = ["phone,name,date", *(f"+{one},Rosa,2026-01-05" for one in digits)]
    with business_scope(business):
        row = files.take_in(business, SimpleUploadedFile("list.csv", "\n".join(lines).encode()), actor=None)
        row.country, row.version = "CO", wordings.keep(business.pk, "I agree to get messages.")
        row.save()
        job.begin(row, ImportState.RUNNING)


def decide_an_application(slug):
    """A reviewer's decision whose minute is over."""
    from config.clock import now
    from onboarding.models import ReviewDecision
    from tenants.models import Business
    from tenants.tenancy import every_business
    from tests import builders

    business = Business.objects.get(slug=slug)
    application = builders.application(business, code=f"F{now().timestamp():.0f}")
    reviewer = builders.staff(f"reviewer{now().timestamp():.0f}")
    with every_business():
        ReviewDecision.objects.create(
            business=business,
            application=application,
            verb=ReviewDecision.Verb.REJECT,
            reason="Not for us.",
            state=ReviewDecision.State.LEAVING,
            reviewer=reviewer,
            leaves_at=now() - timedelta(seconds=1),
        )
