"""A request for the badge: what is checked, what leaves, how a decision is heard, and when one may ask again."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config import clock
from config.clock import now
from onboarding import heard
from onboarding.exceptions import NotPossible
from onboarding.models import BadgeRequest, BadgeState, PhoneNumber
from onboarding.services import badge, badge_checks, badge_facts, badge_links, badge_worker, numbers
from providers.webhooks.events import AccountAlert
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests.onboarding.badges import (  # fmt: skip
    ANSWERS,
    GOOD,
    PRESS,
    article,
    attempt,
    newest,
    pending,
    put_on_the_web,
    ready_number,
    refuse,
    stored,
)

BOGOTA = "America/Bogota"


@pytest.fixture
def number(acme):
    return ready_number(acme)


def mails(kind):
    return list(Mail.objects.filter(key__startswith=f"badge_{kind}:").order_by("pk"))


def at_noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(BOGOTA))


# The calendar


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 5, 31), 3, date(2026, 8, 31)),
        (date(2026, 10, 15), 3, date(2027, 1, 15)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 7, 1), 0, date(2026, 7, 1)),
        (date(2026, 8, 31), 18, date(2028, 2, 29)),
    ],
)
def test_months_are_counted_by_the_calendar(day, months, then):
    assert badge_facts.add_months(day, months) == then


def test_the_wait_is_the_houses_and_says_when_the_platform_would_take_a_request():
    wait = badge_facts.wait_after(at_noon(date(2026, 11, 30)), BOGOTA)

    assert (wait.day, wait.house_day) == (date(2027, 2, 28), date(2027, 2, 28))
    assert wait.is_ours and wait.platform_days == 30
    assert wait.platform_day == date(2026, 12, 31)  # 30 December at noon: that day isn't whole
    assert wait.starts_at == datetime(2027, 2, 28, tzinfo=ZoneInfo(BOGOTA))


def test_the_day_is_the_one_where_the_business_is():
    late = datetime(2026, 8, 1, 3, 30, tzinfo=UTC)  # still 31 July in Bogotá

    assert badge_facts.wait_after(late, BOGOTA).day == date(2026, 10, 31)
    assert badge_facts.wait_after(late, "Europe/Madrid").day == date(2026, 11, 1)


def test_a_shorter_rule_of_the_house_never_undercuts_the_platform(monkeypatch):
    monkeypatch.setattr(badge_facts, "house_rule", lambda name: 1)

    wait = badge_facts.wait_after(at_noon(date(2027, 2, 1)), BOGOTA)

    assert wait.day == date(2027, 3, 4) and wait.house_day == date(2027, 3, 1)
    assert not wait.is_ours


def test_the_platforms_older_wait_holds_for_older_days():
    assert badge_facts.figures(date(2022, 1, 1)).retry_months == 3
    assert badge_facts.figures(date(2022, 1, 1)).colour == "green"
    assert badge_facts.figures(date(2026, 11, 23)).retry_days == 30


# Links


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://www.elpais.example/economia/envios", "press"),
        ("https://es.wikipedia.org/wiki/Cali", "encyclopedia"),
        ("https://www.facebook.com/envios", "social"),
        ("https://www.paginasamarillas.com.co/x", "listing"),
        ("https://www.prnewswire.com/x", "paid"),
        ("https://bit.ly/3x", "short"),
        ("https://blog.enviosdelvalle.example/15-years", "own"),
        ("https://notfacebook.com/x", "press"),
        ("https://enviosdelvalle.example.news.example/x", "press"),
    ],
)
def test_a_link_gives_itself_away_by_its_address(url, kind):
    assert badge_facts.kind_of(url, ["https://www.enviosdelvalle.example"]) == kind


def read(monkeypatch, page, url=PRESS):
    put_on_the_web(monkeypatch, {url: page})
    return badge_links.read(url, names=["Envíos del Valle S.A.S."], own_sites=[])


def test_an_article_that_names_the_brand_counts_also_without_its_accents(monkeypatch):
    assert badge_links.counts(read(monkeypatch, GOOD))
    assert badge_links.counts(read(monkeypatch, article("ENVIOS DEL VALLE abre en Palmira.")))


@pytest.mark.parametrize(
    "page",
    [
        article("Otra empresa de Cali."),
        article("Contenido patrocinado. Envíos del Valle cumple quince años."),
        article("Envíos del Vallecito abre."),
        404,
        403,
        "private_address",
        "timeout",
    ],
)
def test_a_page_without_the_name_a_paid_one_and_a_closed_one_dont_count(monkeypatch, page):
    found = read(monkeypatch, page)

    assert not badge_links.counts(found)
    assert badge_checks.about_link(found).look == "warn"


def test_a_title_full_of_markup_stays_text(monkeypatch):
    found = read(monkeypatch, article("Envíos del Valle", title="&lt;script&gt;alert(1)&lt;/script&gt;"))

    assert found["title"] == "<script>alert(1)</script>"  # escaped where it is shown


# Conditions


def stopping(number, **facts):
    with business_scope(number.business):
        row = BadgeRequest(business=number.business, phone_number=number, facts=facts)
        return [check.key for check in badge_checks.stopping(row)]


def test_a_number_that_fulfils_every_condition_may_ask(number):
    assert stopping(number) == []


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"status": "disconnected"}, "connected"),
        ({"registered_at": None}, "connected"),
        ({"registered_at": datetime(2026, 11, 20, tzinfo=UTC)}, "days"),
        ({"pin": ""}, "pin"),
        ({"name_status": "pending_review"}, "name"),
    ],
)
def test_each_missing_condition_stops_it(acme, fields, key):
    with every_business():
        assert key in stopping(ready_number(acme, **fields))


def test_a_company_that_isnt_verified_and_a_number_in_the_app_stop_it(acme, number):
    number.waba.business_verification = "pending"
    assert stopping(number) == ["company"]
    number.waba.business_verification = "verified"
    assert stopping(number, on_app=True) == ["app"]
    assert stopping(number, pin=False) == ["pin"]
    number.waba.restrictions = [{"type": "X"}]
    assert stopping(number) == ["policy"]


def test_low_quality_is_said_and_stops_nothing(acme, number):
    number.quality_rating = "red"
    assert stopping(number) == []
    with business_scope(acme):
        row = BadgeRequest(business=acme, phone_number=number)
        assert "quality" in [check.key for check in badge_checks.about_number(row) if check.look == "warn"]


# Begin, answer, check


@pytest.fixture
def draft(acme, olga, number):
    with business_scope(acme):
        return badge.start(number, actor=olga)


def test_only_one_request_at_a_time(acme, olga, number, draft):
    with business_scope(acme), pytest.raises(NotPossible):
        badge.start(number, actor=olga)


def test_a_number_that_has_the_badge_has_nothing_to_ask(acme, olga, number):
    number.is_official = True
    with business_scope(acme), pytest.raises(NotPossible):
        badge.start(number, actor=olga)


def test_the_links_are_read_by_a_worker_and_kept_answers_forget_old_findings(acme, olga, number, draft, monkeypatch):
    put_on_the_web(monkeypatch, {PRESS: GOOD})
    number_without_provider(number)
    with business_scope(acme):
        badge.save(draft, ANSWERS, [PRESS, "https://es.wikipedia.org/wiki/Cali"], actor=olga)
    assert stored(draft).state == BadgeState.CHECKING

    badge_worker.run_due()

    row = stored(draft)
    assert row.state == BadgeState.CHECKED and row.checked_at
    assert [badge_links.counts(link) for link in row.links] == [True, False]
    assert row.next_attempt_at is None


def number_without_provider(number):
    with every_business():
        PhoneNumber.objects.filter(pk=number.pk).update(phone_number_id=None)


def test_answers_that_changed_while_links_were_read_are_checked_again(acme, olga, number, draft, monkeypatch):
    number_without_provider(number)
    other = "https://otro.example/nota"

    def slow(urls, **_more):
        if urls == [PRESS]:
            with business_scope(acme):
                badge.save(draft, ANSWERS, [other], actor=olga)
        return [{"url": url, "kind": "press", "problem": "", "read_at": "x"} for url in urls]

    monkeypatch.setattr(badge_links, "read_all", slow)
    with business_scope(acme):
        badge.save(draft, ANSWERS, [PRESS], actor=olga)

    badge_worker.run_due()
    assert stored(draft).state == BadgeState.CHECKING
    badge_worker.run_due()

    assert (stored(draft).state, stored(draft).urls) == (BadgeState.CHECKED, [other])


def test_what_isnt_checked_or_not_ready_cant_be_sent(acme, olga, number, draft):
    with business_scope(acme), pytest.raises(NotPossible):
        badge.send(draft, actor=olga)
    with every_business():
        BadgeRequest.objects.update(state=BadgeState.CHECKED)
        PhoneNumber.objects.update(pin="")
    with business_scope(acme), pytest.raises(NotPossible, match="Two-step"):
        badge.send(draft, actor=olga)


def test_it_can_be_withdrawn_until_whatsapp_may_have_it(acme, olga, number):
    for state, asked, may in (
        (BadgeState.DRAFT, None, True),
        (BadgeState.SENDING, None, True),
        (BadgeState.SENDING, now(), False),
        (BadgeState.PENDING, now(), False),
    ):
        row = attempt(number, state, asked_at=asked)
        with business_scope(acme):
            if may:
                assert badge.withdraw(row, actor=olga).state == BadgeState.WITHDRAWN
            else:
                with pytest.raises(NotPossible):
                    badge.withdraw(row, actor=olga)
        with every_business():
            row.delete()


# Our own look


def test_the_house_may_look_first(acme, olga, sam, number, monkeypatch):
    monkeypatch.setattr(badge, "house_rule", lambda name: True)
    row = attempt(number, BadgeState.CHECKED)
    with business_scope(acme):
        assert badge.send(row, actor=olga).state == BadgeState.WITH_US
        with pytest.raises(NotPossible):
            badge.give_back(row, "  ", actor=sam)
        badge.give_back(row, "Busca dos notas más.", actor=sam)
        assert stored(row).state == BadgeState.CHECKED
        with pytest.raises(NotPossible):
            badge.pass_on(row, actor=sam)
        badge.send(row, actor=olga)
        assert badge.pass_on(row, actor=sam).state == BadgeState.SENDING


# The decision


def alert(number, kind, at):
    return AccountAlert(
        entity_type="PHONE_NUMBER",
        entity_id=number.phone_number_id,
        alert_type=kind,
        waba_id=number.waba.waba_id,
        at_ms=int(at.timestamp() * 1000),
    )


def hear(number, kind, at=None):
    with every_business():
        waba = number.waba
        waba.business = number.business
        heard.alerted(waba, alert(number, kind, at or now()))


def test_a_refusal_is_heard_once_however_often_it_is_said(number):
    row = pending(number)

    for _again in range(3):
        hear(number, "OBA_REJECTED")

    row = stored(row)
    assert row.state == BadgeState.REFUSED
    assert row.retry_from == badge_facts.add_months(row.decided_at.astimezone(ZoneInfo(BOGOTA)).date(), 3)
    assert row.wait["ours"] is True


def test_an_approval_gives_the_number_its_badge_and_a_late_refusal_changes_nothing(number, olga):
    row = pending(number, created_by=olga)

    hear(number, "OBA_APPROVED")
    hear(number, "OBA_REJECTED")

    assert stored(row).state == BadgeState.APPROVED
    with every_business():
        assert PhoneNumber.objects.get(pk=number.pk).is_official
    assert len(mails("approved")) == 1 and not mails("refused")


def test_old_news_about_an_earlier_attempt_decides_nothing(number):
    row = pending(number, asked_at=now() - timedelta(hours=3))

    hear(number, "OBA_REJECTED", at=now() - timedelta(days=80))

    assert stored(row).state == BadgeState.PENDING


def test_news_that_arrives_before_our_own_answer_counts(number):
    row = attempt(number, BadgeState.SENDING, asked_at=now())

    hear(number, "OBA_REJECTED")

    assert stored(row).state == BadgeState.REFUSED and stored(row).sent_at


def test_news_without_a_number_only_makes_us_look(number):
    row = pending(number)
    with every_business():
        waba = number.waba
        waba.business = number.business
        event = alert(number, "OBA_REJECTED", now())
        event.entity_type, event.entity_id = "BUSINESS", "506914307656634"
        heard.alerted(waba, event)

    assert stored(row).state == BadgeState.PENDING
    assert stored(row).next_attempt_at <= now()


def test_the_poll_of_the_account_decides_too_and_notices_a_lost_badge(acme, number, olga):
    row = pending(number, created_by=olga)
    with business_scope(acme):
        numbers.apply(number, {"is_official": True})
        assert stored(row).state == BadgeState.APPROVED and stored(row).confirmed_official
        numbers.apply(number, {"is_official": False})

    assert stored(row).lost_at is not None
    assert len(mails("lost")) == 1
    with business_scope(acme):
        number.refresh_from_db()
        assert badge.why_not(number, badge.latest(number)) == ""


def test_a_report_older_than_the_approval_takes_nothing_away(acme, number):
    row = pending(number)
    hear(number, "OBA_APPROVED")
    with business_scope(acme):
        number.refresh_from_db()
        numbers.apply(number, {"is_official": False})

    assert stored(row).lost_at is None


# Again


@pytest.fixture
def movable(settings):
    settings.MOVABLE_CLOCK = True


def on(row, day):
    return clock.frozen(datetime.combine(day, datetime.min.time(), ZoneInfo(row.business.time_zone)))


def test_nobody_asks_again_before_the_day_and_anybody_on_it(acme, olga, number, movable):
    row = pending(number)
    refuse(row)
    row = stored(row)

    with on(row, row.retry_from - timedelta(days=1)), business_scope(acme), pytest.raises(NotPossible):
        badge.start(number, actor=olga)
    with on(row, row.retry_from), business_scope(acme):
        again = badge.start(number, actor=olga)

    assert again.attempt == 2
    assert (again.website, again.country, again.more, again.urls) == (
        ANSWERS["website"], "CO", ANSWERS["more"], [PRESS],
    )  # fmt: skip
    with business_scope(acme):
        assert badge.lessons(badge.earlier(again))


def test_the_reminder_goes_out_once_however_late_the_worker_comes(number, olga, movable):
    row = pending(number, created_by=olga)
    refuse(row)
    row = stored(row)
    with on(row, row.retry_from - timedelta(days=1)):
        assert badge_worker.remind_due() == 0
    with on(row, row.retry_from + timedelta(days=40)):  # nobody ran it for forty days
        assert badge_worker.remind_due() == 1
        assert badge_worker.remind_due() == 0

    reminder = mails("again")
    assert [mail.to for mail in reminder] == [olga.email]
    assert "/badge/" in reminder[0].text
    assert stored(row).reminded_at


def test_each_refusal_has_a_reminder_of_its_own(acme, number, olga, movable):
    row = pending(number, created_by=olga)
    refuse(row)
    row = stored(row)
    with on(row, row.retry_from + timedelta(days=1)):
        badge_worker.remind_due()
        second = pending(number, created_by=olga, asked_at=now())
        refuse(second)
    second = stored(second)
    assert second.retry_from > row.retry_from
    with on(second, second.retry_from):
        badge_worker.remind_due()

    assert len(mails("again")) == 2


def test_whoever_asked_again_already_needs_no_reminder(acme, number, olga, movable):
    row = pending(number, created_by=olga)
    refuse(row)
    row = stored(row)
    with on(row, row.retry_from), business_scope(acme):
        badge.start(number, actor=olga)
    with on(row, row.retry_from + timedelta(days=1)):
        badge_worker.remind_due()

    assert mails("again") == []
    assert stored(row).reminded_at


def test_staff_lift_our_wait_and_never_the_platforms(acme, sam, number, movable):
    row = pending(number)
    refuse(row)
    with business_scope(acme):
        lifted = badge.lift_wait(row, actor=sam)
        assert lifted.retry_from == date.fromisoformat(lifted.wait["platform_day"])
        with pytest.raises(NotPossible):
            badge.lift_wait(row, actor=sam)
        assert badge.why_not(number, stored(row))


def test_a_request_that_whatsapp_closed_leaves_the_way_open(acme, olga, number):
    row = pending(number)
    with business_scope(acme):
        assert badge.lapsed(row)
        assert badge.start(number, actor=olga).attempt == 2


def test_a_neighbour_sees_nothing_of_it(acme, globex, number):
    pending(number)
    with business_scope(globex):
        assert not BadgeRequest.objects.exists()
    assert newest(number) is not None
