"""Setting a channel up and keeping an eye on it (product row C5). With ``channel_rounds`` the only writer of
``ChannelSetup`` and its items.

The list begins when a number is registered. A worker looks in rounds (``channel_rounds``); pages only write wishes.
Whether a number is live is decided by its round trip alone (``round_trips``); an item that fails later opens an
incident and makes the number a broken one, not one that isn't live.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config import hints
from config.clock import now
from onboarding.advisor import CURRENT, NONE, judge_platform
from onboarding.exceptions import NotPossible
from onboarding.models import Actor, ChannelItem, ChannelSetup, CheckKind, CheckState, PhoneNumber
from onboarding.rulebook.house import house_rule
from onboarding.services import channel_words
from onboarding.services.channel_checks import CHECKS, PLATFORMS, REPAIRS, Case, Finding
from providers import incidents
from tenants import audit, live
from tenants.tenancy import acting_for, every_business

TASK = "onboarding.tasks.check_channels"
HOURLY_CALLS = 90
"""Of the 200 questions an hour that Meta takes about a young account (onboarding reference §5.8); polls need some."""
SETTLED = (CheckState.PASSED, CheckState.WAIVED)
REASON_LENGTH = 10


# Beginning


def begin(number):
    """Start the checklist of a registered number; what is there already stays. Returns its ``ChannelSetup``."""
    found = ChannelSetup.objects.filter(phone_number=number).first()
    if found is not None:
        return found
    answers = (number.application.advisor_answers or {}) if number.application_id else {}
    started = number.registered_at or now()
    setup, made = ChannelSetup.objects.get_or_create(
        phone_number=number,
        defaults={
            "business_id": number.business_id,
            "started_at": started,
            "due_at": started,
            "platform": answers.get("platform") or "",
            "platform_version": str(answers.get("platform_version") or "")[:20],
            "next_check_at": now(),
        },
    )
    if made:
        ChannelItem.objects.bulk_create(
            [
                ChannelItem(
                    business_id=number.business_id, setup=setup, kind=kind, since=now(), due_at=due_of(setup, kind)
                )
                for kind in CheckKind
            ],
            ignore_conflicts=True,
        )
        _date(setup)
        trip = setup.items.get(kind=CheckKind.ROUND_TRIP)
        if number.live_at:
            write(trip, Finding(CheckState.PASSED, evidence={"delivered_at": number.live_at.isoformat()}))
        else:
            write(trip, Finding(CheckState.WAITING, "trip_not_started", Actor.YOU), looked=False)
        tell(setup)
        hints.after_commit(TASK)
    return setup


def begin_missing(limit=50):
    """Start the checklists of registered numbers that have none; returns how many."""
    with every_business():
        has_one = ChannelSetup.objects.filter(phone_number=OuterRef("pk"))
        pks = list(
            PhoneNumber.objects.filter(~Exists(has_one), waba__isnull=False, phone_number_id__isnull=False)
            .exclude(registered_at=None)
            .order_by("pk")
            .values_list("pk", flat=True)[:limit]
        )
    for pk in pks:
        with acting_for(PhoneNumber, pk) as number:
            begin(number)
    return len(pks)


def is_current(setup):
    """Whether the contact center needs no update: then the channel is set up within one or two days."""
    if not setup.platform and not setup.platform_version:
        return False
    return judge_platform(setup.platform, setup.platform_version) in {NONE, CURRENT}


def due_of(setup, kind):
    """Until when an item has to be in order, by the house's business days after activation."""
    if not is_current(setup):
        days = house_rule("channel_days_older")
    elif kind in {CheckKind.ROUND_TRIP, CheckKind.PROFILE}:
        days = house_rule("channel_days_current")
    else:
        days = house_rule("channel_days_checks")
    return business_days_after(setup.started_at, days)


def business_days_after(moment, days):
    """The same time of day so many days later, Saturdays and Sundays not counted."""
    left = days
    while left > 0 or moment.weekday() > 4:
        moment += timedelta(days=1)
        left -= moment.weekday() < 5
    return moment


def _date(setup):
    """Write the due dates that follow from the platform's version."""
    for item in setup.items.all():
        item.due_at = due_of(setup, item.kind)
        item.save(update_fields=["due_at"])
        setup.due_at = max(setup.due_at, item.due_at) if item.pk else setup.due_at
    setup.due_at = max((item.due_at for item in setup.items.all()), default=setup.due_at)
    setup.save(update_fields=["due_at"])


# Wishes


@transaction.atomic
def ask(setup, kinds=None, *, actor, repair=False, by_staff=False):
    """Let a worker check the given kinds (all that can be) now, after putting them right where ``repair`` says so.

    Raises ``NotPossible`` when the hour's questions are used up, or when everything is being checked already.
    """
    setup = ChannelSetup.objects.select_for_update().get(pk=setup.pk)
    if _calls_of_this_hour(setup) >= HOURLY_CALLS:
        raise NotPossible(_("Meta was asked very often within this hour. We look again by ourselves; wait a little."))
    rows = setup.items.filter(kind__in=[str(kind) for kind in kinds or CHECKS if kind in CHECKS])
    if kinds is None:
        rows = rows.exclude(state=CheckState.WAIVED)
    asked = [row for row in rows if row.state != CheckState.CHECKING or (repair and not row.repair_asked)]
    if not asked:
        raise NotPossible(_("That is being checked right now."))
    for item in asked:
        item.state = CheckState.CHECKING
        item.repair_asked = repair and item.kind in REPAIRS
        item.waived_at = item.waived_by = None
        item.waived_reason = ""
        item.save(update_fields=["state", "repair_asked", "waived_at", "waived_by", "waived_reason"])
    ChannelSetup.objects.filter(pk=setup.pk).update(asked_at=now())
    audit.record(
        audit.to_translate("channel checked"), setup.phone_number.e164, actor=actor, business=setup.business,
        staff_only=by_staff, items=[item.kind for item in asked], repair=repair,
    )  # fmt: skip
    tell(setup)
    hints.after_commit(TASK)
    return len(asked)


@transaction.atomic
def waive(item, *, reason, actor):
    """Staff decide that an item doesn't hold this channel up. Raises ``NotPossible`` without a reason of some length.

    A round trip can't be waived: nothing but real messages makes a number live.
    """
    reason = " ".join(reason.split())[:500]
    if item.kind == CheckKind.ROUND_TRIP:
        raise NotPossible(_("The round trip can't be waived: only real messages make a number live."))
    if len(reason) < REASON_LENGTH:
        raise NotPossible(_("Say in a sentence why this may be left as it is."))
    item.state, item.since, item.who = CheckState.WAIVED, now(), Actor.NOBODY
    item.waived_by, item.waived_at, item.waived_reason = actor, now(), reason
    item.save(update_fields=["state", "since", "who", "waived_by", "waived_at", "waived_reason"])
    incidents.close_incident(incident_key(item))
    audit.record(
        audit.to_translate("channel item waived"), item.setup.phone_number.e164, actor=actor, business=item.business,
        item=item.kind, reason=reason,
    )  # fmt: skip
    settle(item.setup)
    tell(item.setup)


@transaction.atomic
def say_platform(setup, *, platform, version, actor):
    """Note what the business answers with (``none``, ``old``, ``current``, or by version) and check it at once."""
    if platform not in PLATFORMS:
        raise NotPossible(_("Choose what you answer customers with."))
    setup.platform, setup.platform_version = platform, "" if platform == NONE else version.strip()[:20]
    setup.save(update_fields=["platform", "platform_version"])
    _date(setup)
    item = setup.items.get(kind=CheckKind.PLATFORM)
    write(item, CHECKS[CheckKind.PLATFORM](case_of(setup, ()), None))
    audit.record(
        audit.to_translate("contact center noted"), setup.phone_number.e164, actor=actor, business=setup.business,
        platform=setup.platform, version=setup.platform_version,
    )  # fmt: skip
    settle(setup)
    tell(setup)


# Facts


def case_of(setup, kinds):
    """Plain values of a channel, so that its questions can be asked outside the scope; ``kinds`` are wanted."""
    number = PhoneNumber.objects.select_related("waba", "application").get(pk=setup.phone_number_id)
    waba, application = number.waba, number.application
    return Case(
        setup_pk=setup.pk,
        phone_number_id=number.phone_number_id or "",
        waba_id=(waba.waba_id or "") if waba else "",
        token=waba.access_token if waba else "",
        provider=waba.provider if waba else "",
        registered=number.registered_at is not None,
        has_pin=bool(number.pin),
        platform=setup.platform,
        platform_version=setup.platform_version,
        wanted=kinds,
        repairs=tuple(setup.items.filter(repair_asked=True, kind__in=kinds).values_list("kind", flat=True)),
        pin=number.pin,
        profile=profile_of(application) if application else {},
    )


def profile_of(application):
    """What a WhatsApp profile says of a business, from its application (limits: docs "Business profiles", 2025-11)."""
    activity = " ".join(application.activity.split())
    about = application.brand if not activity else activity if len(activity) <= 139 else activity[:138].rstrip() + "…"
    return {
        "about": about,
        "description": activity[:512],
        "address": ", ".join(part for part in (application.address, application.city) if part)[:256],
        "email": application.contact_email[:128],
        "websites": [application.website] if application.website else [],
    }


def state_before(item):
    """The state that an item had before it was to be checked, for when nothing was learnt."""
    if item.checked_at is None or item.error in channel_words.WAITING:
        state = CheckState.WAITING
    else:
        state = CheckState.FAILED if item.error else CheckState.PASSED
    return Finding(state, item.error, item.who, item.evidence, item.error_code, item.details)


def write(item, finding, *, looked=True):
    """Write what was found of one item; open or close its incident. Returns whether it is news."""
    number = item.setup.phone_number
    before = state_before(item).state if item.state == CheckState.CHECKING else item.state
    news = before != finding.state or item.error != finding.error
    if news and finding.state != CheckState.CHECKING:
        item.since = now()
    item.state, item.error, item.who = finding.state, finding.error, finding.who
    item.evidence, item.error_code, item.details = finding.evidence, finding.code, finding.details[:2000]
    item.repair_asked = False
    if looked:
        item.checked_at = now()
    item.save(
        update_fields=[
            "state", "since", "error", "who", "evidence", "error_code", "details", "repair_asked", "checked_at",
        ]
    )  # fmt: skip
    if finding.state == CheckState.FAILED and number.live_at:
        sentence = channel_words.for_staff(item).sentence
        incidents.open_incident(
            incident_key(item),
            gettext_noop("A live channel is broken"),
            f"{number}: {item.get_kind_display()}. {sentence}",
        )
    elif finding.state == CheckState.PASSED:
        incidents.close_incident(incident_key(item))
    return news


def incident_key(item):
    """The key of the incident about an item."""
    return f"channel:{item.setup.phone_number_id}:{item.kind}"


def settle(setup):
    """Note since when every item is in order; nothing while one isn't."""
    complete = not setup.items.exclude(state__in=SETTLED).exists()
    checking = setup.items.filter(state=CheckState.CHECKING).exists()
    if complete and setup.ready_at is None:
        setup.ready_at = now()
    elif not complete and not checking:
        setup.ready_at = None
    setup.save(update_fields=["ready_at"])


def _calls_of_this_hour(setup):
    if setup.hour_began_at is None or now() - setup.hour_began_at >= timedelta(hours=1):
        return 0
    return setup.hour_calls


def tell(setup):
    """Let open pages show the checklist anew."""
    live.emit("channel", business_id=setup.business_id, number=str(setup.phone_number.reference))


# What pages ask


def broken(number):
    """The items of a live number that fail, in their order; nothing for a number that isn't live."""
    if not number.live_at:
        return []
    setup = getattr(number, "channel", None)
    rows = setup.items.all() if setup else ()
    order = list(CheckKind)
    failing = [row for row in rows if row.state == CheckState.FAILED]
    return sorted(failing, key=lambda row: order.index(CheckKind(row.kind)))


def overdue(item, at=None):
    """Whether an item should have been in order by now. On a live number an open item is broken, and not late."""
    if item.state in SETTLED or item.due_at > (at or now()):
        return False
    return item.setup.phone_number.live_at is None
