"""Mail to our team when a template waits for it longer than the house's target: one mail for all, growing pauses."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse

from config.clock import now
from onboarding.rulebook.house import house_rule
from templates_hsm.models import ReviewState, TemplateReview
from tenants import mail
from tenants.models import User
from tenants.tenancy import every_business

RULE = "template_review_hours"
MOST_DOUBLINGS = 5
MOST_NAMED = 30


def remind():
    """Write the mail that is due, if any; returns how many templates are late and newly told of."""
    at, target = now(), timedelta(hours=house_rule(RULE))
    with every_business():
        waiting = TemplateReview.objects.filter(state=ReviewState.WAITING, asked_at__lte=at - target)
        due = waiting.filter(Q(remind_at=None) | Q(remind_at__lte=at)).select_for_update(of=("self",), skip_locked=True)
        rows = list(due.order_by("asked_at", "pk"))
        if not rows:
            return 0
        late = list(waiting.select_related("template", "business").order_by("asked_at", "pk")[:MOST_NAMED])
        for row in rows:
            pause = target * 2 ** min(row.reminders, MOST_DOUBLINGS)
            TemplateReview.objects.filter(pk=row.pk).update(reminders=F("reminders") + 1, remind_at=at + pause)
        key = f"template_queue:{rows[0].pk}:{rows[0].reminders}"
        for person in readers():
            mail.queue(
                "templates_hsm/email/queue_late",
                person.email,
                language=person.language or settings.LANGUAGE_CODE,
                key=f"{key}:{person.pk}",
                reviews=late,
                total=waiting.count(),
                hours=house_rule(RULE),
                link=settings.PUBLIC_URL + reverse("admin:templates_hsm_templatereview_changelist"),
            )
    return len(rows)


def readers():
    """Who of our team may decide about templates."""
    staff = User.objects.filter(is_active=True, is_staff=True).exclude(email="").order_by("pk")
    return [person for person in staff if person.has_perm("templates_hsm.change_templatereview")]
