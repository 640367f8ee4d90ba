"""The control panel: moods, decisions, accounts, faults, clock, webhooks and the request log as one page."""

from urllib.parse import quote

from django.utils.translation import gettext as _

from . import accounts, actions, badge, bubbles, own_app, pages, people, present, sites
from .faults import CALL_KINDS
from .http import flag, redirect
from .options import MOODS, REVIEWS


async def handle(box, request):
    """Dispatch below ``/control/``."""
    verb = request.path.removeprefix("/control/").strip("/")
    if request.method == "GET" and verb in ("", "calls", "webhooks"):
        return pages.render(request, f"control{'_' + verb if verb else ''}.html", _context(box, request, verb))
    if request.method == "POST":
        return await _post(box, request, verb)
    return pages.render(request, "missing.html", {}, 404)


def _context(box, request, verb):
    store = box.store
    context = {
        "now": bubbles.local(present.now()),
        "moved": abs(present.offset()) > 1,
        "problem": request.params.get("problem", ""),
        "done": request.params.get("done", ""),
        "tab": verb or "state",
        "waiting": box.hooks.waiting(),
        "callback": own_app.callback(),
    }
    if verb == "calls":
        context["calls"] = [{**row, "when": bubbles.local(row["at"])} for row in box.calls]
        return context
    if verb == "webhooks":
        rows = store.all("SELECT * FROM webhook ORDER BY id DESC LIMIT 100")
        context["webhooks"] = [{**row, "when": bubbles.local(row["created_at"] + present.offset())} for row in rows]
        return context
    numbers = store.all("SELECT * FROM number ORDER BY created_at DESC LIMIT 50")
    for row in numbers:
        row["pretty"] = people.pretty(row["digits"])
    labels = _labels()
    context |= {
        "reviews": [{**row, "label": labels[row["kind"]]} for row in box.reviewer.pending()],
        "moods": [
            {
                "key": kind,
                "label": labels[kind],
                "mood": box.options[f"mood_{kind}"],
                "delay": box.options[f"delay_{kind}"],
            }
            for kind in REVIEWS
        ],
        "mood_words": [(mood, _mood_words()[mood]) for mood in MOODS],
        "businesses": store.all("SELECT * FROM business ORDER BY created_at DESC LIMIT 50"),
        "verification": accounts.VERIFICATION,
        "tiers": accounts.TIERS,
        "business_default": box.options["business_default"],
        "wabas": store.all("SELECT * FROM waba ORDER BY created_at DESC LIMIT 50"),
        "numbers": numbers,
        "templates": store.all("SELECT * FROM template WHERE status != 'DELETED' ORDER BY created_at DESC LIMIT 50"),
        "qualities": actions.QUALITIES,
        "number_states": actions.NUMBER_STATES,
        "badge_states": badge.STATES,
        "restrictions": actions.RESTRICTIONS,
        "ban_states": actions.BAN_STATES,
        "violations": actions.VIOLATIONS,
        "alerts": list(actions.ALERTS),
        "security_events": actions.SECURITY_EVENTS,
        "template_states": actions.TEMPLATE_STATES,
        "sites": sites.addresses(request.origin),
        "faults": box.faults.all(),
        "call_kinds": [(kind, _fault_words()[kind]) for kind in CALL_KINDS],
        "hook_kinds": [(kind, _fault_words()[kind]) for kind in ("delay", "duplicate", "reorder")],
    }
    return context


def _labels():
    return {
        "names": _("Display name"),
        "templates": _("Template"),
        "accounts": _("Account review"),
        "businesses": _("Business verification"),
        "badges": _("Badge"),
    }


def _mood_words():
    return {
        "approve": _("Approve everything"),
        "rules": _("By the published rules"),
        "refuse": _("Refuse everything"),
        "slow": _("By the rules, a day later"),
        "hold": _("Wait for me"),
    }


def _fault_words():
    return {
        "delay": _("Answer late"),
        "rate_limit": _("Too many calls (429)"),
        "server_error": _("Server error (500)"),
        "html": _("An HTML page instead of JSON"),
        "reset": _("Cut the connection"),
        "timeout_before": _("No answer, nothing done"),
        "timeout_after": _("No answer, but done"),
        "reset_after": _("Cut the connection, but done"),
        "slow_drip": _("Answer drop by drop"),
        "no_id": _("200 without an id"),
        "unavailable": _("An HTML page with 503"),
        "rate_limit_hint": _("Too many messages (130429) with a time to wait"),
        "pair_limit": _("Too many messages to one person (131056)"),
        "number_limit": _("Number in maintenance (131057)"),
        "too_many": _("429 from a proxy"),
        "window_closed": _("Window closed (131047)"),
        "token_expired": _("Token expired (190)"),
        "policy_block": _("Blocked for policy (368)"),
        "html_with_200": _("An HTML page with 200, but done"),
        "half_json": _("Half an answer, but done"),
        "huge_answer": _("An answer of 4 MB, but done"),
        "redirect": _("A redirect to another host"),
        "duplicate": _("Deliver twice"),
        "reorder": _("Deliver out of order"),
    }


async def _post(box, request, verb):
    try:
        done = await _act(box, request.params, verb)
    except (ValueError, LookupError, RuntimeError) as exc:
        box.store.rollback()
        return redirect(f"/control/?problem={quote(str(exc))}")
    back = "/control/webhooks" if verb == "resend" else "/control/"
    if request.params.get("back", "").startswith(("/control/", "/phone/")):
        back = request.params["back"]
    return redirect(back if back.startswith("/phone/") else f"{back}?done={quote(done)}")


async def _act(box, params, verb):
    node = str(params.get("id", ""))
    if verb == "moods":
        actions.set_moods(box, params)
        return _("The reviewer's mood is saved.")
    if verb == "decide":
        box.reviewer.decide(int(params["review"]), flag(params.get("approve")), params.get("reason"))
        return _("Decided.")
    if verb == "business":
        if params.get("verification_status"):
            accounts.verify_business(box, node, params["verification_status"])
        if params.get("limit_tier"):
            accounts.set_limit(box, node, params["limit_tier"])
        return _("The business is changed.")
    if verb == "waba":
        actions.change_waba(box, node, {key: value for key, value in params.items() if value})
        return _("The account is changed and its webhook is queued.")
    if verb == "number":
        actions.change_number(box, node, {key: value for key, value in params.items() if value})
        return _("The number is changed.")
    if verb == "unpin":
        actions.change_number(box, node, {"pin": ""})
        return _("Two-step verification is off.")
    if verb == "template":
        actions.change_template(box, node, {key: value for key, value in params.items() if value})
        return _("The template is changed and its webhook is queued.")
    if verb == "taken":
        actions.set_taken(box, params.get("phone", ""), not flag(params.get("free")))
        return _("The number is marked.")
    if verb == "fault":
        count = int(params["count"]) if params.get("count") else None
        seconds = float(params["seconds"]) if params.get("seconds") else None
        box.faults.add(params["kind"], params["scope"], count, seconds)
        return _("The fault is armed.")
    if verb == "calm":
        box.faults.clear(int(params["fault"]) if params.get("fault") else None)
        return _("The fault is gone.")
    if verb == "clock":
        ahead = float(params.get("advance_seconds") or 0) + 86400 * float(params.get("advance_days") or 0)
        await present.move_to(0 if params.get("reset") else present.offset() + ahead)
        return _("The clock is moved.")
    if verb == "resend":
        box.hooks.send_again(int(params["webhook"]))
        return _("The webhook leaves again.")
    if verb == "reset":
        box.reset()
        return _("The sandbox is empty.")
    raise LookupError(_("There is no such action."))
