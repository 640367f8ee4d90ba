"""The screens of Embedded Signup: which one follows, what each one takes and does, and the event at the end.

Screens carry Meta's own names (``current_step``; Meta, "Embedded Signup", v4, 2025-10-08). Accounts and numbers are
made on the way, as at Meta, so whoever leaves early finds them the next time; they are shared with the app at the end.
"""

import secrets

import phonenumbers
from django.utils.translation import gettext as _

from . import accounts, activation, numbers, people, present
from .errors import GraphError
from .router import Call
from .signup_codes import SCOPES

PORTFOLIO = "BUSINESS_ACCOUNT_SELECTION"
ACCOUNT = "WABA_PHONE_PROFILE_PICKER"
PROFILE = "WHATSAPP_BUSINESS_PROFILE_SETUP"
NUMBER = "PHONE_NUMBER_SETUP"
CODE = "PHONE_NUMBER_VERIFICATION"
PERMISSIONS = "PERMISSIONS"
SUCCESS = "SUCCESS"

STANDARD, ONLY_ACCOUNT, COEXISTENCE = "", "only_waba_sharing", "whatsapp_business_app_onboarding"
FLOWS = {
    STANDARD: (PORTFOLIO, ACCOUNT, PROFILE, NUMBER, CODE, PERMISSIONS, SUCCESS),
    ONLY_ACCOUNT: (PORTFOLIO, ACCOUNT, PROFILE, PERMISSIONS, SUCCESS),
    COEXISTENCE: (PORTFOLIO, ACCOUNT, PROFILE, NUMBER, CODE, PERMISSIONS, SUCCESS),
}
NOT_IN_COEXISTENCE = ("234", "27")
"""Nigeria and South Africa (Meta, "Onboarding WhatsApp Business app users", page of 2026-02-04)."""


class Wrong(Exception):
    """What was given on a screen can't be used; the message is for the person in front of it."""


def take(box, request, flow, screen, answers, given):
    """Use what a screen was given; returns the next screen. ``answers`` is changed in place. Raises ``Wrong``."""
    try:
        return _TAKERS[screen](box, request, flow, answers, given)
    except GraphError as error:
        raise Wrong(error.user_message or error.details or error.title) from error


def back(flow, screen):
    """The screen before this one, or the same at the start."""
    order = FLOWS[flow]
    return order[max(0, order.index(screen) - 1)]


def _next(flow, screen):
    order = FLOWS[flow]
    return order[order.index(screen) + 1]


def _portfolio(box, request, flow, answers, given):
    chosen = given.get("business", "")
    if chosen == "new":
        name = given.get("business_name", "").strip()
        if not 2 <= len(name) <= 100:
            raise Wrong(_("Write the name of the business."))
        answers |= {"business": "", "business_name": name}
    elif accounts.ensure_business(box, chosen) is None:
        raise Wrong(_("Choose a business portfolio."))
    else:
        answers |= {"business": chosen, "business_name": box.store.get("business", chosen)["name"]}
    return _next(flow, PORTFOLIO)


def _account(box, request, flow, answers, given):
    chosen = given.get("waba", "")
    own = {row["id"] for row in accounts_of(box, answers)}
    if chosen != "new" and chosen not in own:
        raise Wrong(_("Choose an account, or make a new one."))
    answers["waba"] = "" if chosen == "new" else chosen
    return _next(flow, ACCOUNT)


def accounts_of(box, answers):
    """The accounts in the portfolio that was chosen, newest first."""
    return box.store.all(
        "SELECT * FROM waba WHERE business_id = ? ORDER BY created_at DESC LIMIT 20", answers.get("business", "")
    )


def _profile(box, request, flow, answers, given):
    waba_name, name = given.get("waba_name", "").strip(), given.get("display_name", "").strip()
    if not answers.get("waba") and not waba_name:
        raise Wrong(_("Write a name for the account."))
    if flow != ONLY_ACCOUNT and not 2 <= len(name) <= 75:
        raise Wrong(_("Write the display name that customers see."))
    answers |= {"waba_name": waba_name[:100], "display_name": name}
    if not answers.get("business"):
        answers["business"] = _new_portfolio(box, answers["business_name"])
    if not answers.get("waba"):
        answers["waba"] = accounts.new_waba(box, answers["business"], name=answers["waba_name"])
    return _next(flow, PROFILE)


def _new_portfolio(box, name):
    node = None
    while node is None or node.endswith(("000", "111")):
        node = str(10**14 + secrets.randbelow(10**14))
    accounts.ensure_business(box, node)
    box.store.update("business", node, name=name)
    return node


def numbers_of(box, answers):
    """The numbers that the chosen account has already."""
    rows = box.store.all(
        "SELECT * FROM number WHERE waba_id = ? AND status != 'MIGRATED' ORDER BY created_at DESC",
        answers.get("waba", ""),
    )
    for row in rows:
        row["pretty"] = people.pretty(row["digits"])
    return rows


def _number(box, request, flow, answers, given):
    chosen = given.get("number", "new")
    if flow == COEXISTENCE:
        answers["number"] = _business_app_number(box, answers, given)
        _send_app_code(box, answers["number"])
        return CODE
    if chosen == "later":
        answers["number"] = ""
        return PERMISSIONS
    if chosen != "new":
        if chosen not in {row["id"] for row in numbers_of(box, answers)}:
            raise Wrong(_("Choose a number, or add a new one."))
        answers["number"] = chosen
    else:
        answers["number"] = _added(box, request, answers, given)
    if box.store.get("number", answers["number"])["code_status"] == "VERIFIED":
        return PERMISSIONS
    method = given.get("method") if given.get("method") in ("SMS", "VOICE") else "SMS"
    params = {"code_method": method, "language": given.get("language") or "en_US"}
    activation.request_code(Call(box, request, params, node=answers["number"]))
    return CODE


def _parsed(typed):
    typed = typed.strip()
    try:
        parsed = phonenumbers.parse(typed if typed.startswith("+") else f"+{typed}")
    except phonenumbers.NumberParseException as exc:
        raise Wrong(_("Write the number with its country code, for example +57 315 555 0142.")) from exc
    return str(parsed.country_code), str(phonenumbers.national_significant_number(parsed))


def _added(box, request, answers, given):
    calling_code, national = _parsed(given.get("phone", ""))
    there = {row["digits"]: row["id"] for row in numbers_of(box, answers)}
    if calling_code + national in there:
        return there[calling_code + national]
    params = {"cc": calling_code, "phone_number": national, "verified_name": answers["display_name"]}
    return numbers.add(Call(box, request, params, node=answers["waba"]))["id"]


def _business_app_number(box, answers, given):
    calling_code, national = _parsed(given.get("phone", ""))
    if calling_code in NOT_IN_COEXISTENCE:
        raise Wrong(_("Numbers of this country can't stay in the app while they are on the platform."))
    digits = calling_code + national
    there = box.store.one("SELECT * FROM number WHERE digits = ? AND status != 'MIGRATED'", digits)
    if there and there["waba_id"] != answers["waba"]:
        raise Wrong(_("This number is on another account of the platform already."))
    if there:
        return there["id"]
    node = box.store.new_node("number")
    box.store.insert(
        "number",
        id=node,
        waba_id=answers["waba"],
        digits=digits,
        verified_name=answers["display_name"],
        name_status="PENDING_REVIEW",
        created_at=present.now(),
    )
    box.store.insert("business_app", number_id=node)
    box.reviewer.ask("names", node)
    return node


def _send_app_code(box, number_id):
    """The code that the WhatsApp Business app shows when one connects it."""
    number = box.store.get("number", number_id)
    code = activation.new_code(box.store, number_id, "APP")
    text = f"WhatsApp Business: {code[:3]}-{code[3:]}"
    box.store.insert("sms", digits=number["digits"], method="APP", text=text, code=code, at=present.now())


def _code(box, request, flow, answers, given):
    if given.get("again"):
        if flow == COEXISTENCE:
            _send_app_code(box, answers["number"])
        else:
            activation.request_code(
                Call(box, request, {"code_method": "SMS", "language": "en_US"}, node=answers["number"])
            )
        return CODE
    if not people.digits_of(given.get("code", "")):
        raise Wrong(_("Write the six figures."))
    activation.verify_code(Call(box, request, {"code": given["code"]}, node=answers["number"]))
    if flow == COEXISTENCE:
        box.store.update(
            "number",
            answers["number"],
            registered=1,
            status="CONNECTED",
            quality="GREEN",
            last_onboarded_at=present.now(),
        )
    return PERMISSIONS


def _permissions(box, request, flow, answers, given):
    answers["scopes"] = [scope for scope in SCOPES if given.get(scope)]
    if not answers["scopes"]:
        raise Wrong(_("Without a permission nothing can be connected."))
    accounts.tell_partner(box, answers["waba"])
    return SUCCESS


_TAKERS = {
    PORTFOLIO: _portfolio,
    ACCOUNT: _account,
    PROFILE: _profile,
    NUMBER: _number,
    CODE: _code,
    PERMISSIONS: _permissions,
}


# What the window says to whoever opened it


def finished(flow, answers):
    """The event of a finished signup (shape of ``WA_EMBEDDED_SIGNUP``)."""
    if flow == COEXISTENCE:
        name, data = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING", {"waba_id": answers["waba"]}
    elif answers.get("number"):
        name = "FINISH"
        data = {
            "phone_number_id": answers["number"],
            "waba_id": answers["waba"],
            "business_id": answers["business"],
        }
    else:
        name, data = "FINISH_ONLY_WABA", {"waba_id": answers["waba"], "business_id": answers["business"]}
    return {"data": data, "type": "WA_EMBEDDED_SIGNUP", "event": name, "version": 3}


def left(screen):
    """The event when somebody leaves on this screen."""
    return {"data": {"current_step": screen}, "type": "WA_EMBEDDED_SIGNUP", "event": "CANCEL", "version": 3}


def reported(signup_id, text):
    """The event when somebody reports the error that the screen showed."""
    data = {
        "error_message": text,
        "error_id": str(524000 + len(text)),
        "session_id": signup_id[:15],
        "timestamp": str(int(present.now())),
    }
    return {"data": data, "type": "WA_EMBEDDED_SIGNUP", "event": "CANCEL"}
