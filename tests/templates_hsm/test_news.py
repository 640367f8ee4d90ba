"""What Meta does to templates afterwards: categories and consent, pauses, appeals, the archive, misses, quotas."""

from datetime import UTC, datetime, timedelta

import pytest

from config.clock import now
from providers.base import TemplateState
from providers.webhooks.events import TemplateStatus as StatusNews
from templates_hsm import heard
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import (
    CHECKED,
    AppealState,
    CategoryChange,
    LintMiss,
    MessageTemplate,
    MissKind,
    MissState,
    TemplateStatus,
)
from templates_hsm.services import appeals, categories, estimates, exchange, misses, quotas, templates, wishes
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.templates_hsm.test_exchange import hand_in, look, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def waba(sandbox, acme):
    return builders.waba(acme, waba_id=sandbox.waba(), access_token="")


@pytest.fixture
def draft(acme, waba):
    return builders.template(acme, waba=waba, status=TemplateStatus.DRAFT, provider_id=None)


@pytest.fixture
def approved(sandbox, draft, olga):
    hand_in(draft, olga)
    sandbox.control("decide", kind="templates", subject=stored(draft).provider_id, approve=True)
    look()
    return stored(draft)


def told(sandbox, template, **change):
    sandbox.control("template", id=template.provider_id, **change)
    look()
    return stored(template)


def say(template, state, **more):
    """A status webhook, as the parser gives it."""
    with every_business():
        row = MessageTemplate.objects.select_related("business", "waba").get(pk=template.pk)
        heard.status_changed(row, StatusNews(**{**news_fields(row), "state": state, "word": state.upper(), **more}))


def news_fields(row):
    return {"template_id": row.provider_id, "name": row.name, "language": row.language, "waba_id": row.waba.waba_id}


# Categories


def test_a_dearer_category_waits_for_a_consent_and_says_so_by_mail(sandbox, acme, approved, olga):
    olga.language = "en"
    olga.save()
    row = told(sandbox, approved, category="MARKETING")

    assert (row.category, row.status, row.category_waits) == ("MARKETING", TemplateStatus.APPROVED, True)
    assert Mail.objects.filter(to=olga.email, subject__contains="Meta moved it").count() == 1

    with business_scope(acme):
        change = CategoryChange.objects.get()
        categories.agree(row, change.pk, actor=olga)
        again = CategoryChange.objects.get()
    assert stored(row).category_waits is False
    assert (again.waits, again.agreed_by_id) == (False, olga.pk)
    assert again.agreed_to["before"] != again.agreed_to["now"]


def test_a_consent_to_an_older_change_is_no_consent_to_the_newer_one(sandbox, acme, approved, olga):
    row = told(sandbox, approved, category="MARKETING")
    with business_scope(acme), pytest.raises(NotPossible):
        categories.agree(row, 0, actor=olga)
    assert stored(row).category_waits is True


def test_a_cheaper_category_needs_no_consent_and_ends_the_wait_for_one(sandbox, acme, approved):
    row = told(sandbox, approved, category="MARKETING")
    row = told(sandbox, row, category="UTILITY")

    assert row.category_waits is False
    with business_scope(acme):
        assert not CategoryChange.objects.filter(waits=True).exists()


def test_what_costs_no_more_than_what_was_agreed_to_waits_for_nobody(acme, waba):
    template = builders.template(acme, waba=waba)
    with business_scope(acme):
        templates.recategorise(template, "MARKETING")
        assert template.category_waits
        templates.recategorise(template, "AUTHENTICATION")
        assert not template.category_waits
        templates.recategorise(template, "MARKETING")
        change = categories.latest(template)
    assert (template.category_waits, change.old, change.new) == (True, "AUTHENTICATION", "MARKETING")


def test_the_difference_is_that_of_the_businesss_country_on_the_day(acme):
    acme.country = "CO"
    price = categories.difference(acme, "UTILITY", "MARKETING")

    assert price.market == "Colombia"
    assert price.more == price.now - price.before and price.more > 0


# Appeals


def test_an_appeal_against_a_category_is_noted_and_granted_when_it_moves_back(sandbox, acme, approved, olga):
    row = told(sandbox, approved, category="MARKETING")
    with business_scope(acme):
        [way] = appeals.ways(row)
        assert (way.kind, way.is_open) == ("category", False)
        assert way.until - now() > timedelta(days=59)
        appeals.asked(row, "category", actor=olga)
        with pytest.raises(NotPossible):
            appeals.asked(row, "category", actor=olga)
    row = told(sandbox, row, category="UTILITY")
    with business_scope(acme):
        assert row.appeals.get().state == AppealState.GRANTED


def test_a_category_can_be_appealed_for_sixty_days(acme, waba, olga):
    template = builders.template(acme, waba=waba)
    with business_scope(acme):
        templates.recategorise(template, "MARKETING")
        CategoryChange.objects.update(at=now() - timedelta(days=60, minutes=1))
        assert appeals.ways(template) == []
        with pytest.raises(NotPossible):
            appeals.asked(template, "category", actor=olga)


def test_an_appeal_follows_what_meta_tells(sandbox, acme, draft, olga):
    hand_in(draft, olga)
    sandbox.control("decide", kind="templates", subject=stored(draft).provider_id, approve=False, reason="SCAM")
    look()
    row = stored(draft)
    with business_scope(acme):
        assert [way.kind for way in appeals.ways(row)] == ["rejection"]
    row = told(sandbox, row, status="IN_APPEAL")
    with business_scope(acme):
        assert row.appeals.get().state == AppealState.OPEN
    row = told(sandbox, row, status="REJECTED", reason="SCAM")
    with business_scope(acme):
        assert row.appeals.get().state == AppealState.DENIED
        assert [way.last for way in appeals.ways(row)] != []


# Pauses, the archive, words nobody knows


@pytest.mark.parametrize(("times", "hours"), [(1, 3), (2, 6)])
def test_a_pause_says_when_it_ends(acme, waba, times, hours):
    template = builders.template(acme, waba=waba, status=TemplateStatus.PENDING)
    for _time in range(times):
        say(template, TemplateState.APPROVED)
        say(template, TemplateState.PAUSED)

    row = stored(template)
    assert row.paused_until - row.status_changed_at == timedelta(hours=hours)


def test_a_pause_by_pacing_has_no_end_and_is_ended_by_hand(sandbox, acme, approved, olga):
    sandbox.control("template", id=approved.provider_id, status="RATE_LIMITING_PAUSE")
    say(approved, TemplateState.PAUSED, title="RATE_LIMITING_PAUSE")
    row = stored(approved)
    assert (row.pause_kind, row.paused_until) == ("RATE_LIMITING_PAUSE", None)

    wish(row, "unpause", olga)

    row = stored(row)
    assert (row.status, row.wish, row.pause_kind) == (TemplateStatus.APPROVED, "", "")


def wish(template, what, actor):
    with business_scope(template.business_id):
        wishes.ask(stored(template), what, actor=actor)
    wishes.run_due()


def test_a_template_goes_into_the_archive_and_comes_back(sandbox, acme, approved, olga):
    wish(approved, "archive", olga)
    assert stored(approved).status == TemplateStatus.ARCHIVED

    wish(approved, "unarchive", olga)
    assert stored(approved).status == TemplateStatus.APPROVED


def test_what_meta_refuses_to_archive_is_told(sandbox, acme, approved, olga):
    sandbox.control("template", id=approved.provider_id, status="DISABLED")
    wish(approved, "archive", olga)

    row = stored(approved)
    assert row.wish == "" and "not exist or is not in a fitting status" in row.wish_error


def test_only_what_fits_the_status_can_be_wished(acme, waba, olga):
    template = builders.template(acme, waba=waba, status=TemplateStatus.DISABLED)
    with business_scope(acme), pytest.raises(NotPossible):
        wishes.ask(template, "archive", actor=olga)


def test_a_word_that_nobody_knows_is_shown_as_it_came(acme, waba):
    template = builders.template(acme, waba=waba)
    say(template, "under_watch", word="UNDER_WATCH")

    row = stored(template)
    assert (row.status, row.status_raw) == (TemplateStatus.UNKNOWN, "UNDER_WATCH")


# Misses


def test_a_rejection_that_our_check_did_not_foretell_is_a_miss_with_metas_words(sandbox, acme, draft, olga, sam):
    hand_in(draft, olga)
    sandbox.control("decide", kind="templates", subject=stored(draft).provider_id, approve=False, reason="SCAM")
    look()

    with every_business():
        miss = LintMiss.objects.get()
        assert (miss.kind, miss.code, miss.verdict) == (MissKind.REJECTED, "SCAM", "pass")
        assert miss.definition["components"] == draft.components
        assert miss.versions
        assert misses.weekly()[-1][1][MissKind.REJECTED] == 1
        with pytest.raises(NotPossible):
            misses.settle(miss.pk, MissState.LEARNED, " ", by=sam)
        misses.settle(miss.pk, MissState.LEARNED, "Names of banks need a rule.", by=sam)
        with pytest.raises(NotPossible):
            misses.settle(miss.pk, MissState.NO_RULE, "Again", by=sam)


def test_a_move_to_marketing_is_a_miss(sandbox, approved):
    told(sandbox, approved, category="MARKETING")

    with every_business():
        assert [miss.kind for miss in LintMiss.objects.all()] == [MissKind.RECATEGORISED]


@pytest.mark.parametrize(
    ("code", "rules", "foretold"),
    [
        ("INCORRECT_CATEGORY", ["NOT-UTILITY"], True),
        ("INCORRECT_CATEGORY", ["VAR-RATIO"], False),
        ("SCAM", ["NOT-UTILITY"], False),
        ("2388040", [], False),
    ],
)
def test_a_warning_foretells_what_it_speaks_of(code, rules, foretold):
    assert misses.foretold(code, rules) is foretold


@pytest.mark.parametrize(("ago", "missed"), [(0, True), (30, False)])
def test_only_what_was_a_warning_on_that_day_foretells(acme, waba, ago, missed):
    template = builders.template(acme, waba=waba)
    with business_scope(acme):
        template.events.create(
            business=acme,
            kind=CHECKED,
            new="pass",
            details={"rules": ["VAR-RATIO-PROBED"]},
            at=datetime(2026, 11, 23, 8, tzinfo=UTC) - timedelta(days=ago),
        )
        templates.move(template, TemplateStatus.REJECTED, reason="INVALID_FORMAT")
        assert LintMiss.objects.exists() is missed


def test_what_was_made_elsewhere_is_no_miss(sandbox, acme, waba):
    template = builders.template(acme, waba=waba)
    with business_scope(acme):
        templates.move(template, TemplateStatus.REJECTED, reason="SCAM")
        assert not LintMiss.objects.exists()


# Quotas


def handed_in(waba, count, at):
    with every_business():
        template = MessageTemplate.objects.filter(waba=waba).first() or builders.template(waba.business, waba=waba)
        for _n in range(count):
            template.events.create(business=waba.business, kind=quotas.ASKED, new="create", at=at)


def test_the_hundredth_template_of_an_hour_goes_and_the_next_waits(acme, draft, olga):
    handed_in(draft.waba, 99, now() - timedelta(minutes=30))
    with business_scope(acme):
        assert quotas.creation(draft.waba).left == 1
        quotas.require(draft)
    handed_in(draft.waba, 1, now() - timedelta(minutes=10))
    with business_scope(acme):
        allowed = quotas.creation(draft.waba)
        assert allowed.left == 0
        assert timedelta(minutes=29) < allowed.next_at - now() <= timedelta(minutes=30)
        with pytest.raises(NotPossible, match="100 new templates an hour"):
            templates.submit(draft, actor=olga)


def test_those_on_their_way_count(acme, draft, olga):
    handed_in(draft.waba, 99, now())
    other = [{"type": "BODY", "text": "Your parcel arrives at our branch today."}]
    builders.template(
        acme, name="other", waba=draft.waba, status=TemplateStatus.SUBMITTING, provider_id=None, components=other
    )
    with business_scope(acme), pytest.raises(NotPossible):
        templates.submit(draft, actor=olga)


def test_handing_in_is_counted_once_it_is_taken(sandbox, approved):
    with business_scope(approved.business_id):
        assert quotas.creation(approved.waba).used == 1


def test_changes_of_an_approved_template_are_counted_by_day_and_month(acme, waba):
    template = builders.template(acme, waba=waba)
    with business_scope(acme):
        for days in (2, 5, 29, 31):
            template.events.create(
                business=acme, kind=quotas.ASKED, old="approved", new="edit", at=now() - timedelta(days=days)
            )
        day, month = quotas.edits(template)
        assert (day.left, month.left, day.next_at) == (1, 7, None)
        templates.record(template, "edited elsewhere", "", "")
        day, month = quotas.edits(template)
        assert (day.left, month.left) == (0, 6)
        assert day.next_at - now() > timedelta(hours=23)
        with pytest.raises(NotPossible, match="once a day"):
            quotas.require(template)


def test_the_name_of_a_deleted_approved_template_is_locked_for_thirty_days(acme, draft, olga):
    gone = builders.template(acme, name="gone", waba=draft.waba, status=TemplateStatus.APPROVED)
    with business_scope(acme):
        templates.record(gone, "status", "pending", "approved")
        templates.move(gone, TemplateStatus.DELETED)
        MessageTemplate.objects.filter(pk=draft.pk).delete()
        again = builders.template(acme, name="gone", waba=draft.waba, status=TemplateStatus.DRAFT, provider_id=None)
        with pytest.raises(NotPossible, match="Meta frees it on"):
            templates.submit(again, actor=olga)
        MessageTemplate.objects.filter(pk=gone.pk).update(status_changed_at=now() - timedelta(days=30, minutes=1))
        assert quotas.name_free_at(draft.waba, "gone", "en") is None


def test_an_account_is_full_at_250_until_the_company_is_verified(acme, draft, monkeypatch):
    builders.phone_number(acme, waba=draft.waba)
    with business_scope(acme):
        assert quotas.size(draft.waba).most == 250
        draft.waba.business_verification = "verified"
        assert quotas.size(draft.waba).most == 6000


# Estimates


def test_below_five_cases_meta_speaks_then_our_own_history(acme, globex):
    account, start = builders.waba(globex), now() - timedelta(days=3)
    with business_scope(acme):
        assert (estimates.estimate().whose, estimates.estimate().cases) == ("platform", 0)
    for n in range(1, 11):
        builders.template(globex, name=f"t{n}", waba=account, submitted_at=start, decided_at=start + timedelta(hours=n))
    estimates.cache.clear()
    with business_scope(acme):
        found = estimates.estimate()
    with business_scope(globex):
        own = estimates.estimate()
    assert (found.whose, found.cases, found.median, found.p90) == ("all", 10, 5.5, 9)
    assert own.whose == "own"


def test_a_late_answer_to_a_wish_leaves_it_for_the_next_try(acme, approved, olga, settings):
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"
    wish(approved, "archive", olga)

    row = stored(approved)
    assert row.wish == "archive" and row.wish_after > now()
    assert exchange.submit_due()["tried"] == 0
