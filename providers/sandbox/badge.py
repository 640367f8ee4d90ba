"""The badge of an official business account: the request, how it stands, and what the panel does to it.

Meta, "Official business accounts" (2025-12-12): at least 30 days on the platform, business verified, display name
approved, two-step verification on, up to five links, and 30 days between a refusal and the next request. The decision
comes as ``account_alerts`` and shows in ``oba_status`` and ``is_official_business_account``.
"""

import urllib.parse

from . import people, present
from .errors import invalid, missing
from .http import as_json
from .router import route

DAY = 86400
DAYS_ON_PLATFORM = DAYS_BETWEEN = 30
MOST_LINKS = 5
LONGEST = {"business_website_url": 2000, "parent_business_or_brand": 255, "additional_supporting_information": 5000}
STATES = ("NOT_STARTED", "PENDING", "UNDER_REVIEW", "APPROVED", "REJECTED", "EXPIRED", "CANCELLED")


@route("POST", "number", "official_business_account")
def ask_for_badge(call):
    """Take a request, or say which condition isn't met."""
    store, number = call.store, call.store.get("number", call.node)
    business = store.get("business", people.business_of(store, number))
    _check_answers(call.params)
    problem = _problem(number, business)
    if problem:
        raise invalid(problem, title="Can't request an official business account", user_message=problem)
    store.update("number", call.node, oba_status="PENDING")
    call.box.reviewer.ask("badges", call.node)
    return {"success": True}


def _check_answers(params):
    if not params.get("business_website_url"):
        raise missing("business_website_url")
    links = as_json(params.get("supporting_links")) or []
    if not isinstance(links, list) or len(links) > MOST_LINKS:
        raise invalid("supporting_links may hold 5 links.")
    for url in (params["business_website_url"], *links):
        if not isinstance(url, str) or urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise invalid("A link starts with http:// or https://.")
    for name, most in LONGEST.items():
        if len(str(params.get(name) or "")) > most:
            raise invalid(f"{name} has up to {most} characters.")


def _problem(number, business):
    if business["verification_status"] != "verified":
        return "The business is not verified."
    if not number["pin"]:
        return "Two-step verification is off."
    if number["name_status"] != "APPROVED":
        return "The display name is not approved."
    if present.now() - number["created_at"] < DAYS_ON_PLATFORM * DAY:
        return "The phone number has been on the platform for less than 30 days."
    if number["oba_status"] in ("PENDING", "UNDER_REVIEW", "APPROVED"):
        return "A request is under review or was approved."
    if number["oba_decided_at"] and present.now() - number["oba_decided_at"] < DAYS_BETWEEN * DAY:
        return "The last request was refused less than 30 days ago."
    return None


@route("GET", "number", "official_business_account")
def read_badge(call):
    return {
        "oba_status": call.store.value("SELECT oba_status FROM number WHERE id = ?", call.node),
        "id": call.node,
    }


def put(box, node, state, decided_at=None):
    """Put a badge into a state without a word by webhook, as it happens when Meta judges an old one again.

    ``decided_at`` (seconds) dates it; without one it is now.
    """
    if state not in STATES:
        raise ValueError(f"badge is one of {', '.join(STATES)}.")
    at = present.now() if decided_at is None else float(decided_at)
    box.store.update(
        "number",
        node,
        oba_status=state,
        oba_decided_at=at if state in ("APPROVED", "REJECTED") else None,
    )
    if state not in ("PENDING", "UNDER_REVIEW"):
        box.store.run("DELETE FROM review WHERE kind = 'badges' AND subject = ? AND decision IS NULL", node)
