"""How often polls ask about one account, by a clock that is moved: never beyond the hour's budget."""

from datetime import UTC, datetime, timedelta

import pytest

from config import clock
from onboarding import gateway
from onboarding.enums import StepKind, StepState
from onboarding.models import OnboardingStep, Waba
from onboarding.services import poll_budget, polls
from providers.base import Action, ProviderError, WabaReport
from templates_hsm.models import TemplateStatus
from templates_hsm.services import exchange
from tenants.tenancy import every_business
from tests import builders

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(seconds=5)
"""Beat asks so often for what is due."""


class Meta:
    """A provider that notes when it was asked; ``pages`` is how long its list of templates is."""

    def __init__(self):
        self.moments, self.pages, self.refusal, self._asked = [], 1, None, None

    def line(self, *, asked, **_about):
        self._asked = asked
        return self

    def _ask(self):
        self.moments.append(clock.now())
        self._asked.append("path")
        if self.refusal is not None:
            raise self.refusal

    def fetch_waba(self, waba_id):
        self._ask()
        return WabaReport(id=waba_id)

    def list_phone_numbers(self, _waba_id):
        self._ask()
        return []

    def fetch_health(self, _waba_id):
        self._ask()

    def iter_templates(self, _waba_id):
        for _page in range(self.pages):
            self._ask()
        return iter(())

    def most_in_an_hour(self):
        return max(sum(first <= at < first + HOUR for at in self.moments) for first in self.moments)

    def between(self, first, last):
        return sum(START + first <= at < START + last for at in self.moments)


@pytest.fixture
def meta(monkeypatch, settings):
    settings.POLL_SECONDS, settings.MOVABLE_CLOCK = 60, True
    meta = Meta()
    monkeypatch.setattr(gateway, "line", meta.line)
    return meta


@pytest.fixture
def waba(acme):
    return builders.waba(acme, next_poll_at=START, next_template_poll_at=START)


def under_way(waba, registered_at=None):
    """An application whose name waits for Meta, and a template in review, both since ``START``."""
    application = builders.application(waba.business)
    builders.phone_number(waba.business, waba=waba, application=application, registered_at=registered_at)
    with every_business():
        OnboardingStep.objects.create(
            business=waba.business, application=application, kind=StepKind.NAME_REVIEW,
            state=StepState.WAITING_FOR_META, since=START,
        )  # fmt: skip
    builders.template(
        waba.business, waba=waba, status=TemplateStatus.PENDING, provider_id=None, submitted_at=START,
        status_changed_at=START, created_at=START,
    )  # fmt: skip


def let_pass(duration, *, news_every=None):
    """Do what is due from ``START`` on; with ``news_every`` webhooks keep asking for another look."""
    at = START
    while at < START + duration:
        with clock.frozen(at):
            if news_every:
                with every_business():
                    Waba.objects.update(next_poll_at=at, next_template_poll_at=at)
            polls.poll_due()
            exchange.poll_due()
        at = at + news_every if news_every else max(at + TICK, next_due())


def next_due():
    with every_business():
        moments = Waba.objects.values_list("next_poll_at", "next_template_poll_at").get()
    return min(moment for moment in moments if moment is not None)


def test_what_is_under_way_is_asked_for_soon_at_first_and_rarely_later(meta, waba):
    under_way(waba)

    let_pass(1.5 * HOUR)

    assert meta.between(timedelta(), timedelta(minutes=10)) >= 20
    assert 8 <= meta.between(HOUR, 1.5 * HOUR) <= 32
    assert meta.most_in_an_hour() <= poll_budget.BEFORE_REGISTRATION.most


def test_however_many_news_come_the_polls_of_a_young_account_leave_room_within_metas_hour(meta, waba):
    under_way(waba)

    let_pass(1.1 * HOUR, news_every=timedelta(seconds=90))

    budget = poll_budget.BEFORE_REGISTRATION
    assert budget.steady - 4 <= meta.most_in_an_hour() <= budget.most < budget.allowed == 200


def test_an_account_with_a_registered_number_may_be_asked_more_often(meta, waba):
    under_way(waba, registered_at=START)

    let_pass(HOUR / 12, news_every=timedelta(seconds=15))

    budget = poll_budget.AFTER_REGISTRATION
    assert len(meta.moments) == 20 * 4
    assert budget.most < budget.allowed == 5_000


def test_polls_of_templates_and_of_the_account_share_one_budget(meta, waba):
    with every_business():
        Waba.objects.update(polls_paid_until=START + poll_budget.BEFORE_REGISTRATION.costs(18))

    let_pass(TICK)

    assert len(meta.moments) == 1
    with every_business():
        waba.refresh_from_db()
    assert waba.next_poll_at == START + poll_budget.BEFORE_REGISTRATION.costs(1)


def test_a_poll_that_had_no_room_comes_as_soon_as_there_is_some(meta, waba):
    paid_until = START + poll_budget.BEFORE_REGISTRATION.costs(20)
    with every_business():
        Waba.objects.update(polls_paid_until=paid_until, next_template_poll_at=None)

    let_pass(HOUR / 6)

    first = poll_budget.BEFORE_REGISTRATION.costs(polls.QUESTIONS)
    assert first <= meta.moments[0] - START <= first + TICK


def test_further_pages_of_a_list_are_paid_for_too(meta, waba):
    meta.pages = 7
    with every_business():
        Waba.objects.update(next_poll_at=None)

    let_pass(TICK)

    with every_business():
        waba.refresh_from_db()
    assert waba.polls_paid_until == START + poll_budget.BEFORE_REGISTRATION.costs(7)


@pytest.mark.parametrize("first", ["next_poll_at", "next_template_poll_at"])
def test_while_meta_says_that_it_was_asked_too_often_nobody_asks(meta, waba, first):
    with every_business():
        Waba.objects.exclude(**{first: None}).update(
            next_poll_at=None, next_template_poll_at=None, polls_paid_until=None
        )
        Waba.objects.update(**{first: START})
    meta.refusal = ProviderError("", code=80007, retry_after=1200.0, action=Action.WAIT)
    let_pass(TICK)
    assert len(meta.moments) == 1
    meta.refusal = None

    let_pass(HOUR / 2, news_every=timedelta(minutes=1))

    assert meta.moments[1] - START >= timedelta(seconds=1200)
    assert len(meta.moments) > 2


def test_two_workers_ask_once(meta, waba):
    with clock.frozen(START), every_business():
        assert poll_budget.claim(waba, "next_poll_at", 3, polls.LEASE)
        assert not poll_budget.claim(waba, "next_poll_at", 3, polls.LEASE)
        waba.refresh_from_db()
    assert waba.polls_paid_until == START + poll_budget.BEFORE_REGISTRATION.costs(3)
    assert waba.next_poll_at == START + polls.LEASE
