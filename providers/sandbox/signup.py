"""The window of Embedded Signup: ``/dialog/oauth`` with the parameters that Facebook's takes, one form per screen.

It works without scripts: the end is a redirect to ``redirect_uri`` with ``code`` and ``state``, or with ``error``. With
scripts, and when another window opened it, that window also gets the ``WA_EMBEDDED_SIGNUP`` events (``signup.js``).
The person in front of it is taken to be logged in at Facebook and to manage every portfolio of the rehearsal.
"""

import json
import re
import secrets
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from . import own_app, pages, present, signup_codes, signup_screens
from .http import Response, redirect, same_origin
from .signup_screens import SUCCESS, Wrong
from .store import packed

PATH = re.compile(r"/(?:v\d+\.\d+/)?dialog/oauth")
DENIED = {"error": "access_denied", "error_code": "200", "error_reason": "user_denied"}


def is_dialog(path):
    """Whether a path belongs to the dialog."""
    return bool(PATH.fullmatch(path)) or path.startswith("/dialog/")


async def handle(box, request):
    """Dispatch: a launch, a screen, or what was pressed on it."""
    if PATH.fullmatch(request.path):
        return _launch(box, request)
    parts = request.path.removeprefix("/dialog/").strip("/").split("/")
    row = box.store.get("signup", parts[0])
    if row is None:
        return pages.render(request, "missing.html", {}, 404)
    if request.method == "GET" and len(parts) == 1:
        return _screen(box, request, row)
    if request.method == "POST" and len(parts) == 2:
        if not same_origin(request):
            return Response(b"This form was not sent from the sandbox's own pages.", 403, "text/plain")
        return _press(box, request, row, parts[1])
    return Response(b"Method not allowed", 405, "text/plain")


def _launch(box, request):
    """Check the parameters as Facebook does and open the first screen."""
    params = request.params
    problem = ""
    if params.get("client_id") != own_app.app_id():
        problem = _("Facebook knows no app with this ID.")
    elif not params.get("config_id"):
        problem = _("The login configuration (config_id) is missing.")
    elif params.get("response_type") != "code":
        problem = _("Only response_type=code is possible here.")
    elif not _is_address(params.get("redirect_uri", "")):
        problem = _("The redirect address isn't among those of the app.")
    setup, flow = {}, ""
    try:
        extras = json.loads(params.get("extras") or "{}")
        setup, flow = extras.get("setup") or {}, extras.get("featureType") or ""
    except (ValueError, AttributeError):
        problem = problem or _("The extras aren't valid JSON.")
    if flow not in signup_screens.FLOWS:
        problem = problem or _("There is no such kind of signup.")
    if problem:
        return pages.render(request, "dialog_refused.html", {"problem": problem}, 400)
    signup_id = secrets.token_hex(16)
    launch = {
        "redirect_uri": params["redirect_uri"],
        "state": params.get("state", ""),
        "flow": flow,
        "setup": setup if isinstance(setup, dict) else {},
    }
    box.store.insert(
        "signup",
        id=signup_id,
        launch=packed(launch),
        screen=signup_screens.FLOWS[flow][0],
        created_at=present.now(),
    )
    return redirect(f"/dialog/{signup_id}")


def _is_address(uri):
    parts = urlsplit(uri)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _press(box, request, row, verb):
    launch, answers = json.loads(row["launch"]), json.loads(row["answers"])
    if row["ended"]:
        return redirect(f"/dialog/{row['id']}")
    if verb == "cancel":
        box.store.update("signup", row["id"], ended="cancelled")
        return _return(launch, DENIED | {"error_description": "Permissions error"})
    if verb == "back":
        answers.pop("problem", None)
        screen = signup_screens.back(launch["flow"], row["screen"])
        box.store.update("signup", row["id"], screen=screen, answers=packed(answers))
        return redirect(f"/dialog/{row['id']}")
    if verb == "finish" and row["screen"] == SUCCESS:
        code = signup_codes.new_code(
            box, redirect_uri=launch["redirect_uri"], waba_id=answers["waba"], scopes=answers["scopes"]
        )
        box.store.update("signup", row["id"], ended="finished")
        return _return(launch, {"code": code})
    if verb != "go" or row["screen"] == SUCCESS:
        return Response(b"Not found", 404, "text/plain")
    try:
        screen = signup_screens.take(box, request, launch["flow"], row["screen"], answers, request.params)
    except Wrong as exc:
        return _screen(box, request, row, problem=str(exc), typed=request.params)
    box.store.update("signup", row["id"], screen=screen, answers=packed(answers))
    return redirect(f"/dialog/{row['id']}")


def _return(launch, words):
    """Back to whoever sent the person, with the answer in the address."""
    parts = urlsplit(launch["redirect_uri"])
    query = "&".join(filter(None, [parts.query, urlencode(words | {"state": launch["state"]})]))
    return redirect(urlunsplit(parts._replace(query=query, fragment="")))


def _screen(box, request, row, problem="", typed=None):
    launch, answers = json.loads(row["launch"]), json.loads(row["answers"])
    target = urlsplit(launch["redirect_uri"])
    origin = f"{target.scheme}://{target.netloc}"
    if row["ended"]:
        return pages.render(request, "dialog_refused.html", {"problem": _("This window has ended. Close it.")}, 410)
    screen, flow, setup = row["screen"], launch["flow"], launch["setup"]
    order = signup_screens.FLOWS[flow]
    event = signup_screens.finished(flow, answers) if screen == SUCCESS else signup_screens.left(screen)
    given = _prefilled(setup) | answers | {k: str(v)[:200] for k, v in (typed or {}).items()}
    portfolios = box.store.all("SELECT * FROM business ORDER BY created_at DESC LIMIT 20")
    known = {"", "new", *(portfolio["id"] for portfolio in portfolios)}
    context = {
        "id": row["id"],
        "screen": screen,
        "place": order.index(screen) + 1,
        "total": len(order),
        "flow": flow,
        "app": target.netloc,
        "origin": origin,
        "event": packed(event),
        "report": packed(signup_screens.reported(row["id"], problem)) if problem else "",
        "problem": problem,
        "given": given,
        "portfolios": portfolios,
        "named": given.get("business", "") if given.get("business", "") not in known else "",
        "wabas": signup_screens.accounts_of(box, answers),
        "numbers": signup_screens.numbers_of(box, answers),
        "scopes": signup_codes.SCOPES,
        "is_coexistence": flow == signup_screens.COEXISTENCE,
        "wants_number": flow != signup_screens.ONLY_ACCOUNT,
    }
    return pages.render(request, "dialog.html", context, 422 if problem else 200, form_action=origin)


def _prefilled(setup):
    """What the partner's app filled in: business data and the profile; the person may change all of it."""
    business, phone = (setup.get(key) if isinstance(setup.get(key), dict) else {} for key in ("business", "phone"))
    number = business.get("phone") if isinstance(business.get("phone"), dict) else {}
    digits = f"{number.get('code', '')}{number.get('number', '')}"
    filled = {
        "business": str(business.get("id") or ""),
        "business_name": business.get("name", ""),
        "waba_name": business.get("name", ""),
        "display_name": phone.get("displayName") or business.get("name", ""),
        "phone": f"+{digits}" if digits else "",
    }
    return {key: str(value)[:200] for key, value in filled.items() if value}
