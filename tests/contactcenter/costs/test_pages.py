"""Pages and API of costs."""

import csv
import io
from decimal import Decimal

import pytest

from contactcenter.costs import columns
from contactcenter.costs.months import Month, today
from contactcenter.models import Budget, UsageDay
from tenants.models import AuditEvent
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.costs.scene import budget, counted, sent, thread, utc

pytestmark = pytest.mark.django_db
NOON = utc(2026, 11, 10, 17)


@pytest.fixture
def boss(client, acme, olga):
    client.force_login(olga)
    client.base = f"/b/{acme.slug}/usage/"
    return client


@pytest.fixture
def november(acme):
    """Two charged templates and one message whose price nobody knows."""
    conversation = thread(acme)
    messages = [
        sent(conversation, told="regular", category="marketing", at=NOON),
        sent(conversation, "accepted", at=NOON),
        sent(thread(acme, digits=""), told="regular", category="utility", at=NOON),
    ]
    return counted(acme, *messages)


def test_a_month_shows_its_sum_its_days_and_what_is_unknown(boss, november):
    page = boss.get(boss.base + "?month=2026-11").content.decode()

    assert "November 2026" in page
    assert "US$\xa00.0133" in page
    assert "US$\xa00.0125 confirmed by WhatsApp" in page
    assert "For 1 charged message no price is known" in page
    assert "Colombia" in page and "Unknown: no phone number" in page
    assert '<rect class="c1"' in page
    assert "style=" not in page and "<script>" not in page


def test_an_empty_month_says_so_and_strange_months_are_the_present_one(boss, acme):
    assert "Nothing was sent in this month" in boss.get(boss.base).content.decode()
    for text in ("2026-13", "x", "99999-01", "٢٠٢٦-١١"):
        page = boss.get(boss.base, {"month": text})
        assert page.status_code == 200
        assert page.context["month"] == Month.of(today(acme))


def test_one_number_alone(boss, acme, november):
    other = builders.phone_number(acme)
    with business_scope(acme):
        reference = UsageDay.objects.first().phone_number.reference

    assert "Nothing was sent" in boss.get(boss.base, {"month": "2026-11", "number": other.reference}).content.decode()
    page = boss.get(boss.base, {"month": "2026-11", "number": reference})
    assert page.context["sums"].messages < 3


def test_the_export_has_every_row_and_no_zero_for_what_is_unknown(boss, november):
    answer = boss.get(boss.base + "export.csv?month=2026-11")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [(row["category"], row["country"], row["cost"], row["coming"]) for row in rows] == [
        ("marketing", "CO", "0.012500", "0.000000"),
        ("service", "CO", "0.000000", "0.000800"),
        ("utility", "", "", ""),
    ]
    assert rows[0]["number"].startswith("+57")
    assert answer["Cache-Control"] == "private, no-store"


def test_a_budget_is_set_changed_and_removed(boss, acme):
    assert boss.get(boss.base + "budgets/new/").status_code == 200
    data = {"phone_number": "", "amount": "20.50", "warn_percent": "75", "stops": "on"}
    assert boss.post(boss.base + "budgets/new/", data | {"amount": "-1"}).status_code == 422
    assert boss.post(boss.base + "budgets/new/", data).status_code == 302
    again = boss.post(boss.base + "budgets/new/", data)
    assert "There is a budget for this already" in again.content.decode()
    with business_scope(acme):
        row = Budget.objects.get()
        assert (row.amount, row.warn_percent, row.stops) == (Decimal("20.50"), 75, True)
    here = f"{boss.base}budgets/{row.reference}/"
    assert boss.post(here, {"amount": "30", "warn_percent": "90"}).status_code == 302
    assert "US$\xa030.00" in boss.get(boss.base).content.decode()
    assert boss.post(here + "delete/").status_code == 302
    with business_scope(acme):
        assert not Budget.objects.exists()
        assert AuditEvent.objects.filter(verb__startswith="budget").count() == 3


@pytest.mark.parametrize(
    ("role", "sees", "sets"), [("supervisor", 200, 403), ("agent", 403, 403), ("viewer", 403, 403)]
)
def test_who_may_look_and_who_may_set(client, acme, role, sees, sets):
    client.force_login(builders.member(acme, role=role))
    base = f"/b/{acme.slug}/usage/"

    assert client.get(base).status_code == sees
    assert client.get(base + "export.csv").status_code == sees
    assert client.get(base + "budgets/new/").status_code == sets


def test_the_api_gives_the_same_rows_page_by_page_and_the_budgets(boss, acme, november):
    budget(acme, "1")
    headers = {"X-Business": acme.slug}
    first = boss.get("/api/v1/usage/?month=2026-11&limit=2", headers=headers).json()
    rest = boss.get(f"/api/v1/usage/?month=2026-11&limit=2&after={first['next']}", headers=headers).json()
    rows = first["data"] + rest["data"]

    assert [(row["category"], row["cost"], row["coming"]) for row in rows] == [
        ("marketing", "0.012500", "0.000000"), ("service", "0.000000", "0.000800"), ("utility", None, None),
    ]  # fmt: skip
    assert rest["next"] is None
    [row] = boss.get("/api/v1/budgets/", headers=headers).json()["data"]
    assert (row["amount"], row["phone_number"], row["stops"]) == ("1.00", None, True)
    assert boss.get("/api/v1/usage/?month=soon", headers=headers).status_code in {400, 422}
    assert boss.get("/api/v1/usage/?after=abc", headers=headers).status_code in {400, 422}
    assert boss.get("/api/v1/usage/?phone_number=abc", headers=headers).status_code in {400, 422}


def test_the_api_is_for_those_who_may_look(client, acme):
    client.force_login(builders.member(acme, role="agent"))

    assert client.get("/api/v1/usage/", headers={"X-Business": acme.slug}).status_code == 403


def test_staff_see_every_business(client, acme, sam, november):
    client.force_login(sam)
    page = client.get("/admin/usage/?month=2026-11")

    assert page.status_code == 200
    assert acme.name in page.content.decode()


def test_staff_pages_are_closed_to_others(boss):
    assert boss.get("/admin/usage/").status_code in {302, 403}


def test_columns_stand_on_each_other_and_fill_the_scale():
    days = [(day, [Decimal(1), Decimal(3), Decimal(0)]) for day in Month.read("2026-02").days]
    chart = columns.draw(days, ["a", "b", "c"])

    assert len(chart.blocks) == 56
    assert chart.marks[0][1] == 5
    one, two = chart.blocks[:2]
    assert two.y + two.height == pytest.approx(one.y) and one.y + one.height == pytest.approx(160)
    assert columns.draw([(day, [Decimal(0)]) for day, _amounts in days], ["a"]).is_empty


@pytest.mark.parametrize(
    ("value", "top"), [("0", "0.01"), ("0.0003", "0.0005"), ("1", "1"), ("2.1", "5"), ("51", "100")]
)
def test_the_top_of_the_scale(value, top):
    assert columns.nice(Decimal(value)) == Decimal(top)
