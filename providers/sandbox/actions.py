"""What the control panel (page and JSON) does to numbers, accounts, templates and people."""

from . import accounts, badge, people, template_changes
from .options import MOODS

QUALITIES = ("GREEN", "YELLOW", "RED", "UNKNOWN")
NUMBER_STATES = ("CONNECTED", "FLAGGED", "RESTRICTED", "BANNED", "DISCONNECTED")
RESTRICTIONS = (
    "RESTRICTED_BIZ_INITIATED_MESSAGING",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING",
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION",
    "RESTRICTED_UTILITY_TEMPLATES",
    "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES",
    "RESTRICTED_BUSINESS_INITIATED_CALLING",
    "RESTRICTED_USER_INITIATED_CALLING",
)
ALERTS = {
    "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED": "The messaging limit will be looked at again later.",
    "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED": "The messaging limit can't be raised for this business.",
    "INCREASED_CAPABILITIES_ELIGIBILITY_NEED_MORE_INFO": "More information is needed to raise the messaging limit.",
    "PROFILE_PICTURE_LOST": "The profile picture is no longer available.",
}
SECURITY_EVENTS = ("PIN_CHANGED", "PIN_RESET_REQUEST", "PIN_REQUEST_SUCCESS")
BAN_STATES = ("SCHEDULE_FOR_DISABLE", "DISABLE", "REINSTATE")
VIOLATIONS = (
    "ADULT ALCOHOL ANIMALS BODY_PARTS_FLUIDS DATING DIGITAL_SERVICES_PRODUCTS DRUGS GAMBLING "
    "HEALTHCARE ILLEGAL_PRODUCTS MISLEADING OVERTLY_SEXUALIZED_POSITIONING REAL_FAKE_CURRENCY SCAM "
    "SUPPLEMENTS THIRD_PARTY_INFRINGEMENTS TOBACCO UNAUTHORIZED_MEDIA WEAPONS"
).split()
TEMPLATE_STATES = (
    "APPROVED",
    "REJECTED",
    "PAUSED",
    "RATE_LIMITING_PAUSE",
    "DISABLED",
    "IN_APPEAL",
    "ARCHIVED",
    "UNARCHIVED",
    "LIMIT_EXCEEDED",
    "PENDING_DELETION",
    "DELETED",
    "FLAGGED",
    "LOCKED",
    "REINSTATED",
)
"""What a template can be put to; some are only events (``template_changes.NEWS``)."""


def _one_of(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name} is one of {', '.join(allowed)}.")
    return value


def make_person(box, phone, name=None):
    """A person with a telephone; raises ``ValueError`` for what isn't a phone number."""
    digits = people.digits_of(phone)
    if not 7 <= len(digits) <= 15:
        raise ValueError("A phone number has 7 to 15 digits, with its country code.")
    return people.ensure(box.store, digits, (name or "").strip() or None, by_hand=True)


def set_taken(box, phone, taken):
    digits = people.digits_of(phone)
    if taken:
        box.store.run("INSERT OR REPLACE INTO taken VALUES (?, ?)", digits, "control panel")
    else:
        box.store.run("DELETE FROM taken WHERE digits = ?", digits)


def change_number(box, node, params):
    """``quality``, ``status``, ``throughput``, ``badge``: set, and told by webhook where Meta tells.

    ``badge_decided_at`` and ``on_platform_since`` (seconds) date a badge and the number itself.
    """
    row = box.store.get("number", node)
    if row is None:
        raise LookupError("There is no such phone number.")
    waba = box.store.get("waba", row["waba_id"])
    if params.get("quality"):
        quality = _one_of("quality", params["quality"], QUALITIES)
        box.store.update("number", node, quality=quality)
        event = {"RED": "FLAGGED", "GREEN": "UNFLAGGED"}.get(quality)
        if event:
            _tell_quality(box, waba, row, event)
    if params.get("status"):
        status = _one_of("status", params["status"], NUMBER_STATES)
        box.store.update(
            "number", node, status=status, registered=int(status in ("CONNECTED", "FLAGGED", "RESTRICTED"))
        )
    if params.get("throughput"):
        level = _one_of("throughput", params["throughput"], ("STANDARD", "HIGH"))
        box.store.update("number", node, throughput=level)
        if level == "HIGH":
            _tell_quality(box, waba, row, "THROUGHPUT_UPGRADE")
    if params.get("badge"):
        badge.put(box, node, params["badge"], params.get("badge_decided_at"))
    if params.get("on_platform_since"):
        box.store.update("number", node, created_at=float(params["on_platform_since"]))
    if params.get("security"):
        value = {
            "display_phone_number": row["digits"],
            "event": _one_of("security", params["security"], SECURITY_EVENTS),
        }
        box.hooks.say(waba, {"field": "security", "value": value})
    if "pin" in params and not params["pin"]:
        # Two-step verification is switched off in WhatsApp Manager, never through the API.
        box.store.update("number", node, pin=None)


def _tell_quality(box, waba, row, event):
    tier = box.store.value("SELECT limit_tier FROM business WHERE id = ?", waba["business_id"])
    value = {"display_phone_number": row["digits"], "event": event}
    value["max_daily_conversations_per_business"] = "TIER_UNLIMITED" if event == "THROUGHPUT_UPGRADE" else tier
    box.hooks.say(waba, {"field": "phone_number_quality_update", "value": value})


def change_waba(box, node, params):
    """``review``, ``restrictions`` (list or one, with ``days``), ``lift``, ``ban_state``, ``violation``, ``alert``."""
    if box.store.get("waba", node) is None:
        raise LookupError("There is no such account.")
    if params.get("review"):
        accounts.decide_account(
            box, node, _one_of("review", params["review"], ("APPROVED", "REJECTED", "PENDING", "DEFERRED"))
        )
    if "restrictions" in params:
        kinds = params["restrictions"] or []
        kinds = [kinds] if isinstance(kinds, str) else kinds
        for kind in kinds:
            _one_of("restrictions", kind, RESTRICTIONS)
        accounts.restrict(box, node, kinds, float(params.get("days") or 1))
    if params.get("ban_state"):
        accounts.ban(box, node, _one_of("ban_state", params["ban_state"], BAN_STATES))
    if params.get("lift"):
        accounts.restrict(box, node, [])
    if params.get("alert"):
        accounts.alert(box, node, _one_of("alert", params["alert"], ALERTS), ALERTS[params["alert"]])
    if params.get("violation"):
        accounts.violation(box, node, _one_of("violation", params["violation"], VIOLATIONS))


def change_template(box, node, params):
    """``status`` (with ``reason``), ``quality``, ``category`` (with ``notice``)."""
    if params.get("status"):
        status = _one_of("status", params["status"], TEMPLATE_STATES)
        if status in template_changes.NEWS:
            template_changes.tell(box, node, status)
        else:
            template_changes.set_status(box, node, status, reason=params.get("reason") or "NONE")
    if params.get("quality"):
        template_changes.set_quality(box, node, _one_of("quality", params["quality"], QUALITIES))
    if params.get("category"):
        category = _one_of("category", params["category"], ("MARKETING", "UTILITY", "AUTHENTICATION"))
        template_changes.set_category(box, node, category, notice_only=bool(params.get("notice")))


def set_moods(box, params):
    """Moods and delays from a form: ``mood_*`` and ``delay_*``."""
    for key, value in params.items():
        if key.startswith("mood_"):
            box.options.set(key, _one_of("mood", value, MOODS))
        elif key.startswith("delay_") or key in ("slow_delay", "business_default"):
            box.options.set(key, value)
