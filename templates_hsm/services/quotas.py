"""What an account may still do with its templates, counted by us before Meta counts (messaging reference §2.5).

Counts come from our rows and their history, so they hold across restarts; figures are dated data. Must be called in a
scope that sees the account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from config.clock import now
from config.templatetags.ui import when_text
from onboarding.models import PhoneNumber
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import MessageTemplate, TemplateEvent, TemplateStatus
from templates_hsm.services import platform

ASKED = "asked"
"""The kind of an event: Meta was asked to make (``create``) or change (``edit``) a template; ``old`` is its status."""
GONE = {TemplateStatus.DELETED, TemplateStatus.PENDING_DELETION}


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of a quota is used. ``next_at`` is when one more is possible; ``None``: now, or (``size``) never."""

    kind: str
    used: int
    most: int
    window: timedelta | None = None
    next_at: datetime | None = None
    source: str = ""

    @property
    def left(self):
        return max(0, self.most - self.used)

    @property
    def is_near(self):
        """Nine tenths are used: worth saying on the page before it bites."""
        return self.used * 10 >= self.most * 9


def note(template, what, *, status=""):
    """Remember that Meta took a ``create`` or an ``edit``; ``status`` is the one before an edit."""
    template.events.create(business_id=template.business_id, kind=ASKED, old=str(status), new=what, at=now())


def creation(waba):
    """The ``Allowance`` of new templates in an hour; those on their way count as well."""
    quota = platform.quotas("create")[0]
    window, at = timedelta(seconds=quota["seconds"]), now()
    made = TemplateEvent.objects.filter(template__waba=waba, kind=ASKED, new="create", at__gt=at - window)
    moments = sorted(made.values_list("at", flat=True), reverse=True)
    waiting = MessageTemplate.objects.filter(waba=waba, status=TemplateStatus.SUBMITTING, provider_id=None).count()
    room = quota["most"] - waiting
    next_at = None
    if len(moments) >= room:
        next_at = (moments[room - 1] if room > 0 and moments else at) + window
    return Allowance("create", len(moments) + waiting, quota["most"], window, next_at, quota["source"])


def edits(template):
    """The ``Allowance`` of each window for changes of an approved template, by us or in Meta's manager."""
    moments = list(
        TemplateEvent.objects.filter(template=template)
        .filter(Q(kind=ASKED, new="edit", old=TemplateStatus.APPROVED) | Q(kind="edited elsewhere"))
        .order_by("-at")
        .values_list("at", flat=True)
    )
    return [_edits(quota, moments) for quota in platform.quotas("edit")]


def _edits(quota, moments):
    window = timedelta(seconds=quota["seconds"])
    inside = [moment for moment in moments if moment > now() - window]
    next_at = inside[quota["most"] - 1] + window if len(inside) >= quota["most"] else None
    return Allowance("edit", len(inside), quota["most"], window, next_at, quota["source"])


def size(waba):
    """The ``Allowance`` of templates in an account: every language of every name counts once."""
    entry = platform.newest("sizes")
    named = PhoneNumber.objects.filter(waba=waba, name_status="approved").exists()
    verified = waba.business_verification == "verified" and named
    rows = MessageTemplate.objects.filter(waba=waba).exclude(status__in=GONE)
    used = rows.filter(Q(status=TemplateStatus.SUBMITTING) | ~Q(provider_id=None)).count()
    return Allowance("size", used, entry["verified" if verified else "unverified"], source=entry["source"])


def name_free_at(waba, name, language):
    """When a name is free again in a language after an approved template was deleted, or ``None``: it is free."""
    wait = timedelta(days=platform.newest("names")["days"])
    gone = MessageTemplate.objects.filter(
        waba=waba, name=name, language=language, status__in=GONE, status_changed_at__gt=now() - wait
    ).filter(events__kind="status", events__new=TemplateStatus.APPROVED)
    last = gone.order_by("-status_changed_at").values_list("status_changed_at", flat=True).first()
    return last + wait if last else None


def require(template):
    """Raise ``NotPossible`` with the next possible moment if Meta would refuse to make or change it for its count."""
    if template.provider_id:
        if template.status == TemplateStatus.APPROVED:
            used_up = [one for one in edits(template) if one.next_at]
            if used_up:
                raise NotPossible(_edited_up(max(used_up, key=lambda one: one.next_at)))
        return
    free_at = name_free_at(template.waba, template.name, template.language)
    if free_at is not None:
        raise NotPossible(
            _("An approved template had this name in this language. Meta frees it on %(when)s. Choose another name.")
            % {"when": when_text(free_at)}
        )
    allowed = size(template.waba)
    if not allowed.left:
        raise NotPossible(
            _("The account has all %(most)d templates that Meta allows. Delete some in Meta's manager first.")
            % {"most": allowed.most}
        )
    allowed = creation(template.waba)
    if allowed.next_at is not None:
        raise NotPossible(
            _("Meta takes %(most)d new templates an hour from one account. Next try: %(when)s.")
            % {"most": allowed.most, "when": when_text(allowed.next_at)}
        )


def _edited_up(allowed):
    words = {"most": allowed.most, "days": allowed.window.days, "when": when_text(allowed.next_at)}
    if allowed.window.days <= 1:
        return _("An approved template can be changed once a day. Next try: %(when)s.") % words
    return _("An approved template can be changed %(most)d times in %(days)d days. Next try: %(when)s.") % words
