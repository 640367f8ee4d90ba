"""A theatre that moved to us with two numbers in spring: one has the official badge, the other was refused two months
ago and may ask again in a month. It is told in the past, so its rows are dated by hand."""

from datetime import timedelta

from config import clock
from contactcenter.demo import people
from contactcenter.demo.stage import ago
from onboarding import gateway
from onboarding.models import BadgeRequest, BadgeState, PhoneNumber, ProviderRoute, Waba
from onboarding.services import badge_facts, steps
from providers.base import CodeVerification, NameStatus
from tenants.tenancy import business_scope

NAME, PORTFOLIO = "Teatro del Puerto", "506914307659210"
SITE = "https://teatrodelpuerto.example"
CAME, KIND = "240d", ProviderRoute.Kind


def _link(url, title, kind="press", names_brand=True):
    return {
        "url": url, "title": title, "kind": kind, "names_brand": names_brand, "problem": "", "final_url": url,
        "read_at": "told",
    }  # fmt: skip


GOOD = (
    _link(
        "https://elfaro.example/cultura/teatro-del-puerto-cumple-noventa", "El Teatro del Puerto cumple noventa años"
    ),
    _link("https://gaceta.example/temporada", "Temporada récord en el Teatro del Puerto"),
    _link("https://caribe.example/escena/entrevista", "“Volvimos a llenar”: el Teatro del Puerto por dentro"),
    _link("https://diariodelmar.example/premio", "Premio nacional para el Teatro del Puerto"),
)
WEAK = (
    GOOD[0],
    _link("https://es.wikipedia.org/wiki/Teatro_del_Puerto", "Teatro del Puerto", "encyclopedia"),
    _link(f"{SITE}/blog/escuela", "Nuestra escuela de actuación", "own"),
)
NUMBERS = (
    {
        "national": "6056640177", "name": NAME, "state": BadgeState.APPROVED, "asked": "150d", "decided": "146d",
        "links": GOOD, "more": "Abierto desde 1936; 210.000 espectadores al año.", "provider": "APPROVED",
    },
    {
        "national": "6056640188", "name": "Escuela Teatro del Puerto", "state": BadgeState.REFUSED, "asked": "65d",
        "decided": "61d", "links": WEAK, "more": "", "provider": "REJECTED",
    },
)  # fmt: skip


def tell(stage):
    """Bring the theatre, its numbers and what became of their badges; does nothing where that is there."""
    owner = people.person(people.PAULA)
    with clock.frozen(stage.moment(ago(CAME))):
        business = people.business(NAME, owner=owner, country="CO", language="es", time_zone="America/Bogota")
    line = gateway.line(subject="demo")
    waba = _account(stage, business, line)
    for story in NUMBERS:
        _number(stage, business, line, waba, story, owner)


def _account(stage, business, line):
    same = (report.id for report in line.list_wabas(PORTFOLIO) if report.name == NAME)
    waba_id = next(same, None) or line.create_waba(PORTFOLIO, name=NAME, currency="USD", timezone_id="1")
    came = stage.moment(ago(CAME))
    with business_scope(business):
        waba, _made = Waba.objects.get_or_create(
            business=business,
            waba_id=waba_id,
            defaults={
                "provider": "sandbox", "name": NAME, "portfolio_id": PORTFOLIO, "created_at": came,
                "subscribed_at": came, "next_poll_at": clock.now(), "business_verification": "verified",
            },
        )  # fmt: skip
        route(KIND.WABA, waba_id, business, waba)
    line.subscribe_app(waba_id)
    return waba


def _number(stage, business, line, waba, story, owner):
    digits = f"57{story['national']}"
    with business_scope(business):
        if BadgeRequest.objects.filter(phone_number__e164=f"+{digits}").exists():
            return
    node = next((report.id for report in line.list_phone_numbers(waba.waba_id) if report.digits == digits), None)
    node = node or line.add_phone_number(
        waba.waba_id, country_code="57", number=story["national"], display_name=story["name"]
    )
    came, pin = stage.moment(ago(CAME)), steps.new_pin()
    with business_scope(business):
        number, _made = PhoneNumber.objects.get_or_create(
            business=business,
            e164=f"+{digits}",
            defaults={
                "waba": waba, "phone_number_id": node, "display_name": story["name"], "pin": pin, "created_at": came,
                "registered_at": came, "live_at": came + timedelta(days=1), "pin_shown_at": came,
                "code_verification": "verified", "name_status": "approved", "status": "connected",
                "is_official": story["state"] == BadgeState.APPROVED,
            },
        )  # fmt: skip
        route(KIND.PHONE_NUMBER, node, business, number)
        pin = number.pin
    connect(stage, line, node, digits, pin)
    decided = stage.moment(ago(story["decided"]))
    stage.do(
        "number",
        id=node,
        quality="GREEN",
        badge=story["provider"],
        badge_decided_at=decided.timestamp(),
        on_platform_since=came.timestamp(),
    )
    with business_scope(business):
        _badge(stage, business, number, story, owner, decided)


def connect(stage, line, node, digits, pin):
    """At the sandbox the number is proved and registered as any other."""
    report = line.fetch_phone_number(node)
    if report.name_status != NameStatus.APPROVED:
        open_reviews = {row["subject"] for row in stage.look("reviews")["reviews"]}
        if node in open_reviews:
            stage.do("decide", kind="names", subject=node, approve=True)
    if report.code_verification != CodeVerification.VERIFIED:
        line.request_code(node, method="SMS", language="es")
        line.verify_code(node, code=stage.look("sms", phone=digits)["sms"][0]["code"])
    if not report.is_pin_enabled:
        line.register(node, pin=pin)


def _badge(stage, business, number, story, owner, decided):
    asked = stage.moment(ago(story["asked"]))
    refused = story["state"] == BadgeState.REFUSED
    wait = badge_facts.wait_after(decided, business.time_zone) if refused else None
    BadgeRequest.objects.create(
        business=business,
        phone_number=number,
        state=story["state"],
        since=decided,
        website=SITE,
        country="CO",
        language="es",
        parent_brand=NAME if story["name"] != NAME else "",
        links=list(story["links"]),
        more=story["more"],
        created_at=asked,
        created_by=owner,
        checked_at=asked,
        confirmed_by=owner,
        confirmed_at=asked,
        asked_at=asked,
        sent_at=asked,
        provider_status=story["provider"].lower(),
        was_seen_pending=True,
        decided_at=decided,
        confirmed_official=not refused,
        retry_from=wait.day if wait else None,
        retry_at=wait.starts_at if wait else None,
        wait=wait.as_json() if wait else {},
    )


def route(kind, provider_id, business, target):
    ProviderRoute.objects.get_or_create(
        kind=kind, provider_id=provider_id, defaults={"business": business, "target_pk": target.pk}
    )
