"""What only the program itself can set going without its pages; each function runs in ``manage.py shell``."""

import json
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


def ask_for_a_check_of_the_channel(slug):
    """Somebody of the business wants to know now whether the channel is in order; twice at once is no more."""
    from contextlib import suppress

    from onboarding.exceptions import NotPossible
    from onboarding.models import PhoneNumber
    from onboarding.services import channels
    from tenants.models import Business, Membership
    from tenants.tenancy import business_scope

    business = Business.objects.get(slug=slug)
    somebody = Membership.objects.filter(business=business).select_related("user").first().user
    with business_scope(business):
        for number in PhoneNumber.objects.all():
            with suppress(NotPossible):  # it is being checked already
                channels.ask(channels.begin(number), actor=somebody)


def let_a_reminder_be_due(address):
    """A business left its application alone for days, and its clock shows noon."""
    from config import hints
    from config.clock import now
    from onboarding.models import Reminder
    from onboarding.services import turns
    from tenants.tenancy import every_business
    from tests import builders

    at = now()
    ahead = 12 - at.hour
    name = address.partition("@")[0]
    business = builders.business("Calma", slug=name, time_zone=f"Etc/GMT{-ahead:+d}")
    with every_business():
        application = builders.application(
            business,
            code=f"R{at.timestamp():.0f}",
            contact_email=address,
            updated_at=at - timedelta(days=3),
            status_changed_at=at - timedelta(days=3),
        )
        turn = turns.turn_of(application)
        Reminder.objects.create(
            business=business, application=application, turn=turn.what, turn_at=turn.since, next_at=at
        )
        hints.after_commit("onboarding.tasks.remind_businesses")


def let_people_in(slug, count):
    """So many members of the business, each with an open session; prints their cookies as JSON."""
    from tenants.enums import Role
    from tenants.models import Business, Membership, User
    from tests.faults.ground import open_session

    business, cookies = Business.objects.get(slug=slug), []
    for n in range(User.objects.count(), User.objects.count() + count):
        person = User(email=f"reader-{n}@example.com", full_name=f"Reader {n}")
        person.set_unusable_password()
        person.save()
        Membership.objects.create(business=business, user=person, role=Role.AGENT)
        cookies.append(open_session(person))
    print(json.dumps(cookies))
