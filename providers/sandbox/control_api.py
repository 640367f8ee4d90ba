"""JSON for tests and scripts: ``/control/api/…``.

GET ``state``, ``sent``, ``phones``, ``sms``, ``webhooks``, ``calls``, ``faults``, ``clock``, ``options``,
``reviews``; POST ``mood``, ``options``, ``clock``, ``faults``, ``phones``, ``inbound``, ``press``, ``read``,
``preference``, ``block``, ``decide``, ``business``, ``waba``, ``number``, ``template``, ``message``, ``taken``,
``resend``, ``hurry``, ``signup``, ``reset``; DELETE ``faults``.
"""

import inspect
import json
from urllib.parse import urlsplit

from . import accounts, actions, inbound, own_app, people, present, signup_codes, statuses
from .errors import GraphError
from .http import File, answer, flag
from .options import MOODS, REVIEWS

_ROUTES = {}


def api(method, name):
    def register(function):
        _ROUTES[method, name] = function
        return function

    return register


async def handle(box, request):
    """Dispatch; a wrong value is 400 with ``{"error": sentence}``."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.host:
        return answer({"error": "Ask from the sandbox's own pages or without a browser."}, 403)
    if request.method != "GET" and request.body:
        kind = request.headers.get("content-type", "")
        if not kind.startswith(("application/json", "multipart/form-data")) or (
            kind.startswith("multipart") and not request.headers.get("x-sandbox")
        ):
            return answer({"error": "Send JSON (files: multipart with the header X-Sandbox: 1)."}, 415)
    parts = request.path.removeprefix("/control/api/").strip("/").split("/")
    handler = _ROUTES.get((request.method, parts[0]))
    if handler is None:
        return answer({"error": f"There is no {request.method} /control/api/{parts[0]}."}, 404)
    try:
        value = handler(box, request.params, request, parts[1:])
        return answer(await value if inspect.isawaitable(value) else value)
    except KeyError as exc:
        box.store.rollback()
        return answer({"error": f"{exc.args[0]} is missing."}, 400)
    except (ValueError, LookupError, TypeError, RuntimeError, GraphError) as exc:
        box.store.rollback()
        return answer({"error": str(exc)}, 400)


def person_of(box, params):
    """The person named by ``phone`` (digits; made on the spot) or ``customer`` (id)."""
    if params.get("customer"):
        person = box.store.get("customer", int(params["customer"]))
        if person is None:
            raise LookupError("There is no such person.")
        return person
    return people.ensure(box.store, people.digits_of(params["phone"]), params.get("name"))


@api("GET", "state")
def state(box, params, request, rest):
    store = box.store
    numbers = store.all(
        "SELECT id, waba_id, digits, verified_name, name_status, new_display_name, new_name_status, code_status, "
        "status, registered, quality, throughput, oba_status FROM number ORDER BY created_at"
    )
    return {
        "now": present.now(),
        "offset_seconds": present.offset(),
        "app": {"id": own_app.app_id(), "partner_id": own_app.partner_id(), "callback": own_app.callback()},
        "options": box.options.all(),
        "businesses": store.all("SELECT * FROM business ORDER BY created_at"),
        "wabas": store.all("SELECT * FROM waba ORDER BY created_at"),
        "numbers": numbers,
        "templates": store.all(
            "SELECT id, waba_id, name, language, category, status, rejected_reason, quality FROM template "
            "ORDER BY created_at"
        ),
        "reviews": box.reviewer.pending(),
        "faults": box.faults.all(),
        "webhooks": {
            row["state"]: row["n"] for row in store.all("SELECT state, COUNT(*) AS n FROM webhook GROUP BY state")
        },
    }


@api("GET", "sent")
def sent(box, params, request, rest):
    """Messages the business sent, newest first, and how often each ``biz_opaque_callback_data`` came."""
    where, args = "outbound = 1", []
    for key, column in (
        ("number", "number_id"),
        ("reference", "reference"),
        ("status", "status"),
        ("type", "type"),
    ):
        if params.get(key):
            where += f" AND {column} = ?"
            args.append(params[key])
    if params.get("phone"):
        person = people.by_digits(box.store, people.digits_of(params["phone"]))
        where += " AND customer_id = ?"
        args.append(person["id"] if person else -1)
    rows = box.store.all(
        f"SELECT message.*, customer.digits AS phone FROM message JOIN customer ON customer.id = customer_id "
        f"WHERE {where} ORDER BY seq DESC LIMIT ?",
        *args,
        int(params.get("limit", 100)),
    )
    for row in rows:
        for key in ("body", "pricing", "error"):
            row[key] = json.loads(row[key]) if row[key] else None
    counts = box.store.all(
        f"SELECT reference, COUNT(*) AS n FROM message WHERE {where} AND reference IS NOT NULL GROUP BY reference",
        *args,
    )
    total = box.store.value(f"SELECT COUNT(*) FROM message WHERE {where}", *args)
    return {"total": total, "by_reference": {row["reference"]: row["n"] for row in counts}, "messages": rows}


@api("GET", "options")
def read_options(box, params, request, rest):
    return box.options.all()


@api("POST", "options")
def write_options(box, params, request, rest):
    for key, value in params.items():
        box.options.set(key, value)
    return box.options.all()


@api("POST", "mood")
def mood(box, params, request, rest):
    """``mood`` (and ``delay`` in seconds) for one ``kind`` of review or for all."""
    kinds = [params["kind"]] if params.get("kind") else list(REVIEWS)
    if params["mood"] not in MOODS:
        raise ValueError(f"A mood is one of {', '.join(MOODS)}.")
    for kind in kinds:
        if kind not in REVIEWS:
            raise ValueError(f"kind is one of {', '.join(REVIEWS)}.")
        box.options.set(f"mood_{kind}", params["mood"])
        if params.get("delay") is not None:
            box.options.set(f"delay_{kind}", params["delay"])
    return box.options.all()


@api("GET", "clock")
def read_clock(box, params, request, rest):
    return {"now": present.now(), "offset_seconds": present.offset()}


@api("POST", "clock")
async def move_clock(box, params, request, rest):
    """``advance_seconds`` or ``reset``; moves the whole installation (needs ``MOVABLE_CLOCK=1``)."""
    if params.get("reset"):
        await present.move_to(0)
    else:
        await present.move_to(present.offset() + float(params["advance_seconds"]))
    return read_clock(box, params, request, rest)


@api("GET", "faults")
def read_faults(box, params, request, rest):
    return {"faults": box.faults.all()}


@api("POST", "faults")
def add_fault(box, params, request, rest):
    """``kind``, ``scope`` (default all), ``count`` (default 1, ``null`` until cleared), ``seconds``."""
    count = params.get("count", 1)
    fault = box.faults.add(params["kind"], params.get("scope", "all"), count, params.get("seconds"))
    return {"id": fault, "faults": box.faults.all()}


@api("DELETE", "faults")
def clear_faults(box, params, request, rest):
    box.faults.clear(int(rest[0]) if rest else None)
    return {"faults": box.faults.all()}


@api("GET", "phones")
def read_phones(box, params, request, rest):
    return {"phones": box.store.all("SELECT * FROM customer ORDER BY id DESC LIMIT 500")}


@api("POST", "phones")
def add_phone(box, params, request, rest):
    """A person: ``phone``, ``name``; optional ``username``, ``hides_phone``, ``on_whatsapp``, ``auto_read``."""
    person = actions.make_person(box, params["phone"], params.get("name"))
    changes = {key: int(flag(params[key])) for key in ("hides_phone", "on_whatsapp", "auto_read") if key in params}
    if "username" in params:
        changes["username"] = params["username"] or None
    if changes:
        box.store.update("customer", person["id"], **changes)
    return box.store.get("customer", person["id"])


@api("GET", "sms")
def read_sms(box, params, request, rest):
    digits = people.digits_of(params["phone"])
    return {"sms": box.store.all("SELECT * FROM sms WHERE digits = ? ORDER BY id DESC LIMIT 20", digits)}


@api("POST", "inbound")
def write_inbound(box, params, request, rest):
    """A person writes: ``number``, ``phone``, ``text`` or ``type`` with its object, or a ``file``; when (``at``)."""
    person = person_of(box, params)
    file = request.files.get("file")
    if file:
        file = File(file.name, file.mime, file.content)
        wamid = inbound.receive_file(
            box,
            params["number"],
            person["id"],
            file,
            caption=params.get("caption"),
            reply_to=params.get("reply_to"),
            at=params.get("at"),
        )
        return {"id": wamid, "customer": person["id"]}
    kind = params.get("type", "text")
    body = params.get(kind) if kind != "text" or isinstance(params.get("text"), dict) else {"body": params["text"]}
    if body is None:
        raise KeyError(kind)
    wamid = inbound.receive(
        box,
        params["number"],
        person["id"],
        kind,
        body,
        reply_to=params.get("reply_to"),
        referral=params.get("referral"),
        forwarded=flag(params.get("forwarded")),
        at=params.get("at"),
    )
    return {"id": wamid, "customer": person["id"]}


@api("POST", "press")
def press(box, params, request, rest):
    return {"id": inbound.press(box, params["message"], int(params.get("position", 0)), params.get("at"))}


@api("POST", "read")
def read_chat(box, params, request, rest):
    person = person_of(box, params)
    people.chat(box.store, params["number"], person["id"])
    statuses.mark_read(box, params["number"], person["id"])
    return {"success": True}


@api("POST", "preference")
def preference(box, params, request, rest):
    inbound.set_marketing(box, params["number"], person_of(box, params)["id"], params["value"] == "stop")
    return {"success": True}


@api("POST", "block")
def block(box, params, request, rest):
    inbound.set_blocked(box, params["number"], person_of(box, params)["id"], flag(params.get("blocked", True)))
    return {"success": True}


@api("GET", "reviews")
def reviews(box, params, request, rest):
    return {"reviews": box.reviewer.pending()}


@api("POST", "decide")
def decide(box, params, request, rest):
    """``approve`` and ``reason`` for a ``review`` id, or for the open one of a ``kind`` and ``subject``."""
    review = params.get("review")
    if review is None:
        row = box.reviewer.find(params["kind"], str(params["subject"]))
        if row is None:
            raise LookupError("There is no open review of this.")
        review = row["id"]
    box.reviewer.decide(int(review), flag(params["approve"]), params.get("reason"))
    return {"success": True}


@api("POST", "business")
def business(box, params, request, rest):
    """``id`` with ``verification_status``, ``limit_tier`` or ``name``; made when it doesn't exist."""
    node = str(params["id"])
    if accounts.ensure_business(box, node) is None:
        raise LookupError("There is no such business.")
    if params.get("verification_status"):
        accounts.verify_business(box, node, params["verification_status"])
    if params.get("limit_tier"):
        accounts.set_limit(box, node, params["limit_tier"])
    if params.get("name"):
        box.store.update("business", node, name=params["name"])
    return box.store.get("business", node)


@api("POST", "waba")
def waba(box, params, request, rest):
    actions.change_waba(box, str(params["id"]), params)
    return box.store.get("waba", str(params["id"]))


@api("POST", "number")
def number(box, params, request, rest):
    actions.change_number(box, str(params["id"]), params)
    return box.store.get("number", str(params["id"]))


@api("POST", "template")
def template(box, params, request, rest):
    actions.change_template(box, str(params["id"]), params)
    return box.store.get("template", str(params["id"]))


@api("POST", "message")
def message(box, params, request, rest):
    """Fail a sent message (``id``, ``fail`` code, ``details``) or bring it to a ``status``."""
    if params.get("fail"):
        statuses.fail(box, params["id"], int(params["fail"]), params.get("details"))
    else:
        statuses.reach(box, params["id"], params["status"])
    return {"success": True}


@api("POST", "taken")
def taken(box, params, request, rest):
    """Mark a number as in use on WhatsApp (``phone``), or free it (``free``)."""
    actions.set_taken(box, params["phone"], not flag(params.get("free")))
    return {"success": True}


@api("GET", "webhooks")
def webhooks(box, params, request, rest):
    rows = box.store.all("SELECT * FROM webhook ORDER BY id DESC LIMIT ?", int(params.get("limit", 100)))
    for row in rows:
        row["entry"] = json.loads(row["entry"])
    return {"webhooks": rows}


@api("POST", "resend")
def resend(box, params, request, rest):
    box.hooks.send_again(int(params["id"]))
    return {"success": True}


@api("POST", "hurry")
def hurry(box, params, request, rest):
    """Have every webhook that waits for its next try delivered now."""
    return {"hurried": box.hooks.hurry()}


@api("GET", "calls")
def calls(box, params, request, rest):
    return {"calls": list(box.calls)}


@api("POST", "reset")
def reset(box, params, request, rest):
    box.reset(options=flag(params.get("options")))
    return {"success": True}


@api("POST", "signup")
def signup(box, params, request, rest):
    """The code of a signup that shares ``waba``, without the dialog: ``redirect_uri`` and ``scopes`` as there."""
    if box.store.get("waba", str(params["waba"])) is None:
        raise LookupError("There is no such account.")
    return {
        "code": signup_codes.new_code(
            box,
            redirect_uri=str(params.get("redirect_uri", "")),
            waba_id=str(params["waba"]),
            scopes=params.get("scopes") or signup_codes.SCOPES,
        )
    }
