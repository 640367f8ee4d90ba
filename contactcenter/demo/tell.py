"""The whole demo in the order of time. Every part does nothing where it was done before, so a broken run can go on."""

from datetime import UTC, datetime

from django.db import transaction

from config import clock
from contactcenter.demo import (
    badges,
    campaigns,
    channels,
    people,
    stories_applications,
    stories_en,
    stories_es,
    stories_templates,
    templates,
)
from contactcenter.demo.applications import Applicant
from contactcenter.demo.conversations import Player, play
from contactcenter.demo.stage import Stage, ago
from onboarding.enums import ApplicationStatus, StepKind, StepState
from providers.sandbox.companies import COMPANIES
from providers.webhooks import ledger
from tenants import audit
from tenants.enums import Role
from tenants.models import AuditEvent, Business
from tenants.tenancy import business_scope, every_business

BEGUN, FINISHED = "demo begun", "demo finished"
PAST_DAYS = 24
CALM = {"delay_names": 3.0, "delay_templates": 3.0, "sent_after": 0.1, "delivered_after": 0.4, "delay_accounts": 1.0}
"""How the sandbox is left; ``_hurry`` makes it faster while the stories are told."""


def state():
    """``"empty"`` without any business, ``"begun"`` or ``"finished"`` with the demo's, else ``"foreign"``."""
    if not Business.objects.exists():
        return "empty"
    with every_business():
        verbs = set(AuditEvent.objects.filter(verb__in=[BEGUN, FINISHED]).values_list("verb", flat=True))
    return "finished" if FINISHED in verbs else "begun" if BEGUN in verbs else "foreign"


def tell(say, **stage_options):
    """Tell everything; returns the ``Stage``. Raises ``stage.DidNotHappen`` when a process didn't do its part."""
    envios, northgate, ends_at = _first_people()
    stage = Stage(ends_at=ends_at, say=say, **stage_options)
    try:
        _hurry(stage)
        Telling(stage, envios, northgate).tell()
    finally:
        _calm(stage)
        stage.come_home()
    with business_scope(envios):
        audit.record(FINISHED, envios.name)
    return stage


def _first_people():
    """The two businesses, and the moment to which all stories lead: that of the first run, so that a second one fits.

    They are dated by hand to the beginning of the stories, since the clock moves only once somebody knows to when.
    """
    with every_business():
        begun = AuditEvent.objects.filter(verb=BEGUN).order_by("pk").first()
    ends_at = datetime.fromisoformat(begun.details["ends_at"]) if begun else clock.now()
    with clock.frozen(ends_at - ago(f"{PAST_DAYS - 1}d")), transaction.atomic():
        carolina, harper = people.person(people.CAROLINA), people.person(people.HARPER)
        envios = people.business(
            "Envíos del Valle", owner=carolina, country="CO", language="es", time_zone="America/Bogota"
        )
        northgate = people.business(
            "Northgate Clinic", owner=harper, country="GB", language="en", time_zone="Europe/London"
        )
        if begun is None:
            with business_scope(envios):
                audit.record(BEGUN, envios.name, ends_at=ends_at.isoformat())
    return envios, northgate, ends_at.astimezone(UTC)


def _hurry(stage):
    for kind in ("names", "templates"):
        stage.do("mood", mood="hold", kind=kind)
    stage.do("options", sent_after=0.02, delivered_after=0.05, delay_accounts=0)


def _calm(stage):
    for kind in ("names", "templates"):
        stage.do("mood", mood="rules", kind=kind)
    stage.do("options", **CALM)


def _side_by_side(begun):
    """Begin everything, then wait for each: what other processes do for one business doesn't wait for the other."""
    for wait in list(begun):
        wait()


class Telling:
    """The days of the stories, one method each."""

    def __init__(self, stage, envios, northgate):
        self.stage, self.envios, self.northgate = stage, envios, northgate
        self.staff = people.person(people.STAFF)
        self.carolina, self.harper = people.person(people.CAROLINA), people.person(people.HARPER)
        self.paula = people.person(people.PAULA)
        self.first = {
            envios: Applicant(stage, envios, stories_applications.ENVIOS, owner=self.carolina, staff=self.staff),
            northgate: Applicant(stage, northgate, stories_applications.NORTHGATE, owner=self.harper, staff=self.staff),
        }
        self.players = []

    def tell(self):
        """All days, the oldest first."""
        self._prepare_the_ledger()
        for text, day, act in (
            ("Two businesses apply", "22d", self.they_apply),
            ("Our team reviews them", "20d", self.they_are_approved),
            ("Numbers are activated and go live", "18d", self.they_go_live),
            ("Templates are judged", "17d18h", self.templates_are_judged),
            ("More companies apply", "9d", self.nine_days_ago),
            ("", "7d", self.a_week_ago),
            ("Conversations begin", "4d", self.four_days_ago),
            ("", "2d", self.two_days_ago),
            ("", "25h", self.yesterday),
            ("Today", "0m", self.today),
        ):
            if text:
                self.stage.say(text)
            if day == "0m":
                self.stage.come_home()
            else:
                self.stage.go(self.stage.moment(ago(day)))
            act()

    def _prepare_the_ledger(self):
        """Partitions for the days in which webhooks will arrive."""
        with clock.frozen(self.stage.moment(ago(f"{PAST_DAYS}d"))):
            ledger.prepare_partitions(ahead_days=PAST_DAYS + 8)

    # The two businesses

    def they_apply(self):
        for applicant in self.first.values():
            applicant.submit()
        people.join(self.envios, people.ANDRES, Role.SUPERVISOR, invited_by=self.carolina)
        people.join(self.envios, people.LUCIA, Role.AGENT, invited_by=self.carolina)
        people.join(self.northgate, people.MILES, Role.AGENT, invited_by=self.harper)

    def they_are_approved(self):
        for applicant in self.first.values():
            applicant.decide("approve")
        for applicant in self.first.values():
            applicant.reach(StepKind.NAME_REVIEW, StepState.WAITING_FOR_META)

    def they_go_live(self):
        for applicant in self.first.values():
            applicant.get_name_approved()
            applicant.activate()
        _side_by_side(channels.test(self.stage, applicant) for applicant in self.first.values())
        self.players = [
            self._player(self.envios, (stories_es.FIRST, *stories_es.TALKS)),
            self._player(self.northgate, (stories_en.FIRST, *stories_en.TALKS)),
        ]
        self._play("18d")
        for applicant in self.first.values():
            self.stage.wait(f"the first answer of {applicant.business}", lambda a=applicant: self._is_live(a))
        for business, stories in self._templates():
            number, owner = self.first[business].number(), self._owner(business)
            templates.write(business, number, stories, actor=owner)
        _side_by_side(
            templates.hand_in(self.stage, business, stories, actor=self._owner(business))
            for business, stories in self._templates()
        )

    @staticmethod
    def _is_live(applicant):
        return applicant.application().status == ApplicationStatus.LIVE

    def _player(self, business, talks):
        return Player(self.stage, business, self.first[business].number(), talks, {})

    def templates_are_judged(self):
        _side_by_side(
            templates.judge(self.stage, business, self.first[business].number(), stories)
            for business, stories in self._templates()
        )

    def _templates_change(self, *words):
        _side_by_side(
            templates.change(
                self.stage,
                business,
                self.first[business].number(),
                [story for story in stories if story["becomes"] in words],
            )
            for business, stories in self._templates()
        )

    def _templates(self):
        yield self.envios, stories_templates.ENVIOS
        yield self.northgate, stories_templates.NORTHGATE

    def _owner(self, business):
        return self.carolina if business == self.envios else self.harper

    # The queue of our team

    def _small(self, story):
        _story, country, language, time_zone = next(row for row in stories_applications.SMALL if row[0] is story)
        name = COMPANIES[story["company"]].brand
        business = people.business(name, owner=self.paula, country=country, language=language, time_zone=time_zone)
        return Applicant(self.stage, business, story, owner=self.paula, staff=self.staff)

    def nine_days_ago(self):
        self._play("9d")
        self._small(stories_applications.WAITS_FOR_ACTIVATION).submit()
        self._small(stories_applications.WAITS_FOR_VERIFICATION).submit()
        with clock.frozen(clock.now() - ago("20h")):
            refused = self._small(stories_applications.REJECTED).submit()
        refused.decide("reject", stories_applications.REJECTED["reason"])

    def a_week_ago(self):
        for story in (stories_applications.WAITS_FOR_ACTIVATION, stories_applications.WAITS_FOR_VERIFICATION):
            self._small(story).decide("approve")

    def four_days_ago(self):
        for player in self.players:
            player.templates = templates.by_name(player.business)
        self._play("4d")
        self._small(stories_applications.CHANGES).submit()
        self._small(stories_applications.WAITS_FOR_ACTIVATION).reach(StepKind.NAME_REVIEW, StepState.WAITING_FOR_META)

    def two_days_ago(self):
        self._play("2d")
        self._small(stories_applications.WAITS_FOR_ACTIVATION).get_name_approved()
        self._small(stories_applications.CHANGES).decide("request_changes", stories_applications.CHANGES["notes"])
        self._small(stories_applications.NEEDS_REVIEW).submit()
        self._templates_change("approved", "disabled", "archived", "pending_deletion")

    def yesterday(self):
        self._play("25h")
        campaigns.tell(self.stage, self.envios, self.first[self.envios].number(), actor=self.carolina)
        self._small(stories_applications.CONTESTED).submit()
        people.invite(self.envios, "yesenia@enviosdelvalle.example", Role.AGENT, invited_by=self.carolina)

    def today(self):
        self._templates_change("paused")
        with clock.frozen(self.stage.moment(ago("3h"))):
            self._small(stories_applications.DRAFT).begin(upto="facebook")
        with clock.frozen(self.stage.moment(ago("5h"))):
            self._small(stories_applications.SUBMITTED).submit()
        self._small(stories_applications.NEEDS_REVIEW).claim()
        badges.tell(self.stage)
        channels.tell(self.stage)
        self._play("0m")

    def _play(self, until):
        play(self.players, self.stage.moment(ago(until)))
