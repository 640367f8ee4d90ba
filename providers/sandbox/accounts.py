"""Business portfolios, WABAs and subscriptions.

Beside Embedded Signup (``signup``), in which the client makes the account, the sandbox offers one call for machines:
``POST /{business_id}/owned_whatsapp_business_accounts`` with ``name``, ``currency`` and ``timezone_id``. It answers
``{"id"}``, starts the account review and sends ``account_update``/``PARTNER_ADDED`` as a finished signup would.
A portfolio that nobody made is found on first asking, in the status of the option ``business_default``; one whose id
ends in ``000`` does not exist, and one that ends in ``111`` is not verified.
"""

import json
import re
import secrets

from . import health, present, webhooks_out
from .errors import GraphError, invalid, missing, no_such_object
from .own_app import app_id, partner_id
from .router import page, pick, route
from .store import packed

CURRENCIES = {
    "USD",
    "INR",
    "IDR",
    "EUR",
    "GBP",
    "AUD",
    "MXN",
    "AED",
    "ARS",
    "CLP",
    "COP",
    "MYR",
    "PEN",
    "SAR",
    "SGD",
    "BRL",
}
VERIFICATION = (
    "expired failed ineligible not_verified pending pending_need_more_info pending_submission rejected revoked verified"
).split()
TIERS = ("TIER_50", "TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED")
BUSINESS_FIELDS = {"id", "name", "verification_status", "whatsapp_business_manager_messaging_limit"}


def ensure_business(box, node):
    """The portfolio with this id, found on first asking; ``None`` when there can't be one."""
    store = box.store
    row = store.get("business", node)
    if row or not re.fullmatch(r"[0-9]{10,20}", node) or node.endswith("000"):
        return row
    if store.value("SELECT kind FROM node WHERE id = ?", node):
        return None
    status = "not_verified" if node.endswith("111") else box.options["business_default"]
    store.new_node("business", node)
    store.insert(
        "business",
        id=node,
        name=f"Business {node[-4:]}",
        verification_status=status,
        limit_tier="TIER_2K" if status == "verified" else "TIER_250",
        created_at=present.now(),
    )
    if status.startswith("pending"):
        box.reviewer.ask("businesses", node)
    return store.get("business", node)


@route("GET", "business")
def read_business(call):
    row = call.store.get("business", call.node)
    readers = {
        "id": lambda: row["id"],
        "name": lambda: row["name"],
        "verification_status": lambda: row["verification_status"],
        "whatsapp_business_manager_messaging_limit": lambda: row["limit_tier"],
    }
    return pick(call, readers, ["id", "name"], "Business")


@route("POST", "business", "owned_whatsapp_business_accounts")
def create_waba(call):
    """An account without the dialog of Embedded Signup (see the module)."""
    name, currency = call.params.get("name"), call.params.get("currency", "USD")
    if not name:
        raise missing("name")
    if len(str(name)) > 100:
        raise invalid("The name may have up to 100 characters.")
    if currency not in CURRENCIES:
        raise invalid(f"currency must be one of {', '.join(sorted(CURRENCIES))}.")
    business = call.store.get("business", call.node)
    if business["name"].startswith("Business ") and call.params.get("business_name"):
        call.store.update("business", call.node, name=str(call.params["business_name"]))
    node = new_waba(
        call.box,
        call.node,
        name=str(name),
        currency=currency,
        timezone_id=str(call.params.get("timezone_id", "1")),
        country=call.params.get("country"),
    )
    tell_partner(call.box, node)
    return {"id": node}


def new_waba(box, business_id, *, name, currency="USD", timezone_id="1", country=None):
    """Make an account in a portfolio and ask for its review; returns its id. Raises when there are too many."""
    store = box.store
    if store.value("SELECT COUNT(*) FROM waba WHERE business_id = ?", business_id) >= 20:
        raise GraphError(
            200,
            message="WhatsApp Business Account limit exceeded for this business",
            subcode=1349175,
            title="Limit Exceeded",
            user_message="You have reached the maximum number of WhatsApp Business Accounts for this business.",
        )
    node = store.new_node("waba")
    namespace = secrets.token_hex(16)
    store.insert(
        "waba",
        id=node,
        business_id=business_id,
        name=name,
        currency=currency,
        timezone_id=timezone_id,
        country=country,
        namespace="_".join((namespace[:8], namespace[8:12], namespace[12:16], namespace[16:20], namespace[20:])),
        review_status="PENDING",
        created_at=present.now(),
    )
    box.reviewer.ask("accounts", node)
    return node


def tell_partner(box, waba_id):
    """``PARTNER_ADDED``: a client has shared this account with the app's owner."""
    waba = box.store.get("waba", waba_id)
    info = {"waba_id": waba_id, "owner_business_id": waba["business_id"]}
    change = {"field": "account_update", "value": {"event": "PARTNER_ADDED", "waba_info": info}}
    box.hooks.say(waba, change, entry_id=partner_id(), always=True)


def waba_fields(call, waba):
    store = call.store
    business = store.get("business", waba["business_id"])
    return {
        "id": lambda: waba["id"],
        "name": lambda: waba["name"],
        "status": lambda: waba["status"],
        "currency": lambda: waba["currency"],
        "country": lambda: waba["country"],
        "timezone_id": lambda: waba["timezone_id"],
        "message_template_namespace": lambda: waba["namespace"],
        "account_review_status": lambda: waba["review_status"],
        "business_verification_status": lambda: business["verification_status"],
        "owner_business_info": lambda: {"name": business["name"], "id": business["id"]},
        "on_behalf_of_business_info": lambda: None,
        "primary_funding_id": lambda: None,
        "ownership_type": lambda: "CLIENT_OWNED",
        "is_enabled_for_insights": lambda: False,
        "marketing_messages_lite_api_status": lambda: "INELIGIBLE",
        "marketing_messages_onboarding_status": lambda: None,
        "disable_marketing_messages_on_cloud_api": lambda: False,
        "subscribed_apps": lambda: _subscriptions(waba),
        "whatsapp_business_manager_messaging_limit": lambda: business["limit_tier"],
        "health_status": lambda: health.of_waba(store, waba),
    }


@route("GET", "waba")
def read_waba(call):
    waba = call.store.get("waba", call.node)
    default = ["id", "name", "currency", "timezone_id", "message_template_namespace"]
    return pick(call, waba_fields(call, waba), default, "WhatsAppBusinessAccount")


def _list_wabas(call, edge):
    store = call.store
    if call.node == partner_id():
        rows = store.all("SELECT * FROM waba ORDER BY created_at DESC")
    else:
        rows = store.all("SELECT * FROM waba WHERE business_id = ? ORDER BY created_at DESC", call.node)
    default = ["id", "name", "currency", "timezone_id", "message_template_namespace"]
    data = [pick(call, waba_fields(call, row), default, "WhatsAppBusinessAccount") for row in rows]
    return page(call, data, f"/{call.node}/{edge}")


@route("GET", "business", "owned_whatsapp_business_accounts")
def list_owned(call):
    return _list_wabas(call, "owned_whatsapp_business_accounts")


@route("GET", "business", "client_whatsapp_business_accounts")
def list_clients(call):
    """Accounts shared with the portfolio: all of them when asked on the partner's id (``SANDBOX_PARTNER_ID``)."""
    return _list_wabas(call, "client_whatsapp_business_accounts")


@route("GET", "business", "system_users")
def list_system_users(call):
    return {"data": [{"id": "1000000000000001", "name": "Sandbox system user", "role": "ADMIN"}]}


@route("POST", "waba", "assigned_users")
def assign_user(call):
    if not call.params.get("user"):
        raise missing("user")
    return {"success": True}


@route("GET", "waba", "assigned_users")
def list_assigned_users(call):
    return {"data": [{"id": "1000000000000001", "name": "Sandbox system user", "tasks": ["MANAGE"]}]}


# Subscriptions


@route("POST", "waba", "subscribed_apps")
async def subscribe(call):
    """Subscribe the app; with ``override_callback_uri`` the address is asked to prove itself first."""
    uri = call.params.get("override_callback_uri") or None
    if uri:
        await check_callback(uri, call.params.get("verify_token"))
    call.store.update("waba", call.node, subscribed=1, override_uri=uri)
    return {"success": True}


async def check_callback(uri, token):
    """Raise unless the address is well formed and answers the handshake (Meta, "Override callback URLs")."""
    if len(uri) > 200 or not uri.startswith(("http://", "https://")):
        raise invalid("override_callback_uri must be a URL of up to 200 characters.")
    if not token:
        raise missing("verify_token")
    problem = await webhooks_out.handshake(uri, token)
    if problem:
        raise GraphError(2200, message=f"(#2200) Callback verification failed with the following errors: {problem}")


def app_data():
    link = f"https://www.facebook.com/games/?app_id={app_id()}"
    return {"id": app_id(), "link": link, "name": "Umbral sandbox"}


@route("GET", "waba", "subscribed_apps")
def list_subscriptions(call):
    return _subscriptions(call.store.get("waba", call.node))


def _subscriptions(waba):
    if not waba["subscribed"]:
        return {"data": []}
    entry = {"whatsapp_business_api_data": app_data()}
    if waba["override_uri"]:
        entry["override_callback_uri"] = waba["override_uri"]
    return {"data": [entry]}


@route("DELETE", "waba", "subscribed_apps")
def unsubscribe(call):
    call.store.update("waba", call.node, subscribed=0, override_uri=None)
    return {"success": True}


# What the control panel does to an account


def verify_business(box, business_id, status):
    """Set the portfolio's verification; a verified one rises to 2,000 (Meta, "Messaging limits", 2025-10-07)."""
    if status not in VERIFICATION:
        raise ValueError(f"verification_status is one of {', '.join(VERIFICATION)}.")
    row = ensure_business(box, business_id)
    if row is None:
        raise no_such_object(business_id)
    box.store.update("business", business_id, verification_status=status)
    if status == "verified" and row["limit_tier"] in ("TIER_50", "TIER_250"):
        set_limit(box, business_id, "TIER_2K")


def set_limit(box, business_id, tier):
    """Set the portfolio's messaging limit and tell every WABA (``business_capability_update``)."""
    if tier not in TIERS:
        raise ValueError(f"limit_tier is one of {', '.join(TIERS)}.")
    box.store.update("business", business_id, limit_tier=tier)
    size = limit_of(tier)
    value = {"max_daily_conversations_per_business": -1 if size is None else size}
    value["max_phone_numbers_per_business" if tier == "TIER_250" else "max_phone_numbers_per_waba"] = number_cap(
        box.store.get("business", business_id)
    )
    for waba in box.store.all("SELECT * FROM waba WHERE business_id = ?", business_id):
        box.hooks.say(waba, {"field": "business_capability_update", "value": value})


def limit_of(tier):
    """People per 24 hours, ``None`` for unlimited."""
    return {"TIER_50": 50, "TIER_250": 250, "TIER_2K": 2000, "TIER_10K": 10000, "TIER_100K": 100000}.get(tier)


def number_cap(business):
    """Numbers a portfolio may have: 2, or 20 once verified or at 2,000 (Meta, phone numbers page, 2026-09-11)."""
    small = business["verification_status"] != "verified" and business["limit_tier"] in (
        "TIER_50",
        "TIER_250",
    )
    return 2 if small else 20


def decide_account(box, waba_id, decision):
    box.store.update("waba", waba_id, review_status=decision)
    change = {"field": "account_review_update", "value": {"decision": decision}}
    box.hooks.say(box.store.get("waba", waba_id), change)


def restrict(box, waba_id, kinds, days=1):
    """``ACCOUNT_RESTRICTION``: no kinds lifts it silently, as an expiry does."""
    until = int(present.now() + days * 86400)
    rows = [{"restriction_type": kind, "expiration": until} for kind in kinds]
    box.store.update("waba", waba_id, restrictions=packed(rows))
    if rows:
        value = {"event": "ACCOUNT_RESTRICTION", "restriction_info": rows}
        box.hooks.say(box.store.get("waba", waba_id), {"field": "account_update", "value": value})


def ban(box, waba_id, state):
    """``DISABLED_UPDATE`` with ``SCHEDULE_FOR_DISABLE``, ``DISABLE`` or ``REINSTATE``."""
    box.store.update("waba", waba_id, ban_state=state, status="DISABLED" if state == "DISABLE" else "ACTIVE")
    moment = present.moment()
    info = {"waba_ban_state": state, "waba_ban_date": f"{moment:%B} {moment.day}, {moment.year}"}
    value = {"event": "DISABLED_UPDATE", "ban_info": info}
    box.hooks.say(box.store.get("waba", waba_id), {"field": "account_update", "value": value})


def violation(box, waba_id, kind):
    value = {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": kind}}
    box.hooks.say(box.store.get("waba", waba_id), {"field": "account_update", "value": value})


def alert(box, waba_id, kind, words):
    """An ``account_alerts`` notice about the portfolio."""
    waba = box.store.get("waba", waba_id)
    info = {"alert_severity": "WARNING", "alert_status": "ACTIVE", "alert_type": kind, "alert_description": words}
    value = {"entity_type": "BUSINESS", "entity_id": waba["business_id"], "alert_info": info}
    box.hooks.say(waba, {"field": "account_alerts", "value": value})


def active_restrictions(waba):
    """The restriction types in force now."""
    present_time = present.now()
    return {row["restriction_type"] for row in json.loads(waba["restrictions"]) if row["expiration"] > present_time}
