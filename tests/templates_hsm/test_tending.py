"""What is done with templates by and by: the word before the archive, the queue that waits, files that nobody names."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.urls import reverse

from config.clock import now
from contactcenter import template_sendings
from contactcenter.models import Direction
from onboarding.services import house_rules
from templates_hsm.models import MessageTemplate, TemplateMedia, TemplateReview, TemplateStatus, in_a_day
from templates_hsm.services import archiving, header_media, queue_reminders, sweeping, templates
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.templates_hsm.test_exchange import stored
from tests.templates_hsm.test_header_media import PNG, upload, with_header

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


# The archive


def old_template(acme, days, **fields):
    return builders.template(acme, created_at=now() - timedelta(days=days), **fields)


def mails(olga):
    return Mail.objects.filter(to=olga.email, key__startswith="template_news:archiving")


def test_a_template_that_nobody_sends_is_told_of_once_before_meta_archives_it(acme, olga):
    idle, young = old_template(acme, 350), old_template(acme, 100, name="young")
    for _round in range(2):
        archiving.tend()

    assert stored(idle).archives_at is not None
    assert now() < stored(idle).archives_at < now() + timedelta(days=30)
    assert stored(young).archives_at is None
    assert mails(olga).count() == 1


def test_a_sending_takes_the_word_back(acme, olga, monkeypatch):
    idle = old_template(acme, 350)
    archiving.tend()
    sent = now() - timedelta(days=1)
    monkeypatch.setattr(archiving, "_sources", [lambda pks: {idle.pk: sent}])
    archiving.tend()

    assert stored(idle).archives_at is None
    assert stored(idle).last_sent_at == sent


def test_who_sends_is_asked_only_of_those_that_are_near(acme, monkeypatch):
    asked = []
    old_template(acme, 100, name="young")
    idle = old_template(acme, 350)
    monkeypatch.setattr(archiving, "_sources", [lambda pks: asked.extend(pks) or {}])
    archiving.tend()

    assert asked == [idle.pk]


def test_the_house_says_how_early(acme, olga, sam):
    idle = old_template(acme, 300)
    archiving.tend()
    assert stored(idle).archives_at is None

    house_rules.change("template_archive_days", "120", actor=sam, reason="They asked for it.", seen="0.0")
    archiving.tend()
    assert stored(idle).archives_at is not None


def test_an_archived_template_has_no_badge_any_more(acme, client, olga):
    idle = old_template(acme, 350)
    archiving.tend()
    client.force_login(olga)
    address = reverse("templates_hsm:template_list", args=[acme.slug])
    olga.language = "en"
    olga.save()
    assert "Soon archived" in client.get(address).content.decode()
    detail = client.get(reverse("templates_hsm:template_detail", args=[acme.slug, idle.reference])).content.decode()
    assert "Meta archives it" in detail

    with every_business():
        templates.move(MessageTemplate.objects.select_related("business").get(pk=idle.pk), TemplateStatus.ARCHIVED)
    archiving.tend()
    assert stored(idle).archives_at is None


def test_a_second_approval_starts_no_new_year(acme):
    """Nobody says that an edit counts as a sending, so the first approval is the start."""
    idle = old_template(acme, 400, decided_at=now() - timedelta(days=5))
    with business_scope(acme):
        for days in (5, 350):
            at = now() - timedelta(days=days)
            idle.events.create(business=acme, kind="status", new=TemplateStatus.APPROVED, at=at)
    assert archiving.tend()["near"] == 1

    assert now() < stored(idle).archives_at < now() + timedelta(days=30)


def test_the_newest_accepted_message_of_a_template_counts(acme, globex):
    template, silent = builders.template(acme), builders.template(acme, name="silent")
    talk = builders.conversation(acme)
    accepted = [now() - timedelta(days=days) for days in (200, 20, 100)]
    for at in accepted:
        builders.message(talk, direction=Direction.OUTBOUND, template=template, accepted_at=at)
    builders.message(talk, direction=Direction.OUTBOUND, template=template, accepted_at=None)
    builders.message(talk, direction=Direction.OUTBOUND, template=silent, accepted_at=None)
    foreign = builders.template(globex)
    builders.message(builders.conversation(globex), direction=Direction.OUTBOUND, template=foreign, accepted_at=now())

    with business_scope(acme):
        found = template_sendings.newest([template.pk, silent.pk, foreign.pk])
    assert found == {template.pk: accepted[1]}


# The queue of our team


@pytest.fixture
def waiting(acme, sam):
    sam.language = "en"
    sam.save()
    sam.user_permissions.add(Permission.objects.get(codename="change_templatereview"))
    template = builders.template(acme, status=TemplateStatus.HOUSE_REVIEW, provider_id=None)
    with business_scope(acme):
        return TemplateReview.objects.create(business=acme, template=template, definition=template.definition)


def waited(review, hours):
    """As if it had been asked, and told of, that much earlier."""
    with every_business():
        row = TemplateReview.objects.get(pk=review.pk)
        told = row.remind_at - timedelta(hours=hours) if row.remind_at else None
        TemplateReview.objects.filter(pk=review.pk).update(
            asked_at=row.asked_at - timedelta(hours=hours), remind_at=told
        )


def queue_mails():
    return Mail.objects.filter(key__startswith="template_queue:").count()


def test_our_team_hears_once_of_what_waits_too_long_then_with_a_growing_pause(waiting):
    told = []
    queue_reminders.remind()
    told.append(queue_mails())
    for hours in (25, 1, 24, 24, 25):
        waited(waiting, hours)
        queue_reminders.remind()
        told.append(queue_mails())

    # a day and an hour: the first; a day later the second; the third only after two more days
    assert told == [0, 1, 1, 2, 2, 3]


def test_several_late_ones_make_one_mail(acme, waiting):
    other = builders.template(acme, name="second", status=TemplateStatus.HOUSE_REVIEW, provider_id=None)
    with business_scope(acme):
        second = TemplateReview.objects.create(business=acme, template=other, definition=other.definition)
    waited(waiting, 30)
    waited(second, 30)
    queue_reminders.remind()

    mail = Mail.objects.get(key__startswith="template_queue:")
    assert "second" in mail.text and "order_update" in mail.text
    assert "2 templates" in mail.subject


def test_what_was_decided_is_not_reminded_of(acme, waiting):
    waited(waiting, 30)
    with business_scope(acme):
        TemplateReview.objects.filter(pk=waiting.pk).update(state="approved")

    assert queue_reminders.remind() == 0


# Files


def a_day_passed():
    with every_business():
        TemplateMedia.objects.update(look_after=now() - timedelta(minutes=1))


def test_a_file_that_nothing_names_goes_after_a_day_and_the_named_ones_stay(
    acme, olga, django_capture_on_commit_callbacks
):
    _template, named = with_header(acme, olga)
    with business_scope(acme):
        loose = header_media.keep(acme, upload(PNG + b"other"), actor=olga)
    assert sweeping.sweep() == {"gone": 0, "kept": 0}

    a_day_passed()
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeping.sweep() == {"gone": 1, "kept": 1}
    with every_business():
        assert [row.pk for row in TemplateMedia.objects.all()] == [named.pk]
    assert not default_storage.exists(loose.file)
    assert default_storage.exists(named.file)
    assert sweeping.sweep() == {"gone": 0, "kept": 0}


def test_a_file_of_changes_or_of_an_older_version_stays(acme, olga):
    template = builders.template(acme)
    with business_scope(acme):
        media = header_media.keep(acme, upload(PNG), actor=olga)
        header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [header_media.handle_of(media)]}}
        templates.save(template, version=1, components=[header, *template.components], actor=olga)
        template.versions.all().delete()
    a_day_passed()
    assert sweeping.sweep()["gone"] == 0

    with business_scope(acme):
        templates.save(template, version=2, components=template.components, actor=olga)
        assert template.changes is None
        template.versions.all().delete()
    a_day_passed()
    assert sweeping.sweep()["gone"] == 1


def test_a_file_that_is_put_to_use_anew_is_not_looked_at(acme, olga):
    with business_scope(acme):
        header_media.keep(acme, upload(PNG), actor=olga)
    a_day_passed()
    with business_scope(acme):
        again = header_media.keep(acme, upload(PNG), actor=olga)
    with every_business():
        again.refresh_from_db()
    assert again.look_after > in_a_day() - timedelta(minutes=5)
    assert sweeping.sweep() == {"gone": 0, "kept": 0}
