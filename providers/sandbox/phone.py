"""The telephone in the browser: one plays the customers of every business in the rehearsal."""

from urllib.parse import quote

from django.utils.translation import gettext as _

from . import actions, bubbles, inbound, media, number_extras, pages, people, present, statuses
from .http import Response, answer, flag, redirect

EMOJI = ("👍", "❤️", "😂", "😮", "😢", "🙏")


async def handle(box, request):
    """Dispatch below ``/phone/``."""
    parts = [part for part in request.path.split("/") if part][1:]
    if request.method == "GET":
        return _get(box, request, parts)
    if request.method == "POST":
        return _post(box, request, parts)
    return Response(b"Method not allowed", 405, "text/plain")


def _get(box, request, parts):
    store = box.store
    if not parts:
        return _home(box, request)
    if parts[0] == "media" and len(parts) == 2:
        row = store.get("media", parts[1])
        return media.file_response(store, row) if row else Response(b"Not found", 404, "text/plain")
    if parts[0] == "qr" and len(parts) == 2:
        code, _dot, kind = parts[1].partition(".")
        known = store.one("SELECT code FROM qrdl WHERE code = ?", code)
        if known and kind in ("svg", "png"):
            return number_extras.qr_image(code, kind)
    if parts[0] == "wa.me":
        return _follow_link(box, request, parts[1:])
    person = store.get("customer", int(parts[0])) if parts[0].isdigit() else None
    if person is None:
        return pages.render(request, "missing.html", {}, 404)
    if parts[1:] == ["version"]:
        return _version(box, request, person)
    number = store.get("number", parts[1]) if len(parts) > 1 else None
    if len(parts) > 1 and number is None:
        return pages.render(request, "missing.html", {}, 404)
    return _screen(box, request, person, number)


def _version(box, request, person):
    """For the page's script: a number that grows when there is something new; says which chat is on screen."""
    number_id = request.params.get("open")
    if number_id and box.store.get("number", number_id):
        box.open_chat(person["id"], number_id)
        if person["auto_read"]:
            statuses.mark_read(box, number_id, person["id"])
    return answer({"version": box.versions.get(person["id"], 0)})


def _people(store):
    return store.all("SELECT * FROM customer WHERE made_by_hand = 1 ORDER BY id DESC LIMIT 50")


def _lines(store):
    """Numbers that a person can write to."""
    rows = store.all("SELECT * FROM number WHERE registered = 1 ORDER BY verified_name")
    for row in rows:
        row["pretty"] = people.pretty(row["digits"])
    return rows


def _common(box, request):
    store = box.store
    messages = store.all("SELECT * FROM sms ORDER BY id DESC LIMIT 6")
    for row in messages:
        row["pretty"] = people.pretty(row["digits"])
        row["when"] = bubbles.local(row["at"])
        row["shown_code"] = f"{row['code'][:3]}-{row['code'][3:]}"
    everybody = _people(store)
    for row in everybody:
        row["pretty"] = people.pretty(row["digits"])
    return {
        "people": everybody,
        "lines": _lines(store),
        "sms": messages,
        "now": bubbles.local(present.now()),
        "moved": present.offset() > 1,
        "problem": request.params.get("problem", ""),
        "faults": box.faults.all(),
    }


def _home(box, request):
    return pages.render(request, "phone_home.html", _common(box, request))


def _chats(store, person):
    rows = store.all(
        "SELECT * FROM chat WHERE customer_id = ? AND last_at IS NOT NULL ORDER BY last_at DESC", person["id"]
    )
    for row in rows:
        number = store.get("number", row["number_id"])
        last = store.one(
            "SELECT * FROM message WHERE customer_id = ? AND number_id = ? AND type != 'reaction' "
            "AND (outbound = 0 OR status NOT IN ('accepted', 'failed')) ORDER BY seq DESC",
            person["id"],
            row["number_id"],
        )
        row |= {
            "number": number,
            "title": title_of(store, number),
            "line": bubbles.summary(last) if last else "",
        }
        row["when"] = bubbles.local(row["last_at"])
        row["initials"] = initials(row["title"])
    return rows


def title_of(store, number):
    """The name in the chat's head: the display name once approved, the number before (Meta, 2026-05)."""
    if number["name_status"] in ("APPROVED", "AVAILABLE_WITHOUT_REVIEW"):
        return number["verified_name"]
    return people.pretty(number["digits"])


def initials(text):
    words = [word for word in text.split() if word[:1].isalpha()]
    return "".join(word[0] for word in words[:2]).upper() or "+"


def _screen(box, request, person, number):
    store = box.store
    context = _common(box, request)
    if all(row["id"] != person["id"] for row in context["people"]):
        context["people"].insert(0, person)
    person["pretty"] = people.pretty(person["digits"])
    context |= {
        "person": person,
        "number": number,
        "version": box.versions.get(person["id"], 0),
        "draft": request.params.get("text", ""),
        "emoji": EMOJI,
    }
    if number is None:
        context["chats"] = _chats(store, person)
        return pages.render(request, "phone_chats.html", context)
    box.open_chat(person["id"], number["id"])
    chat = people.chat(store, number["id"], person["id"])
    if person["auto_read"]:
        statuses.mark_read(box, number["id"], person["id"])
    shown = bubbles.thread(store, number["id"], person["id"])
    reply = request.params.get("reply")
    waba = store.get("waba", number["waba_id"])
    context |= {
        "chat": chat,
        "title": title_of(store, number),
        "initials": initials(title_of(store, number)),
        "official": number["oba_status"] == "APPROVED",
        "pretty_number": people.pretty(number["digits"]),
        "bubbles": shown,
        "reply": next((bubble for bubble in shown if bubble["id"] == reply), None),
        "typing": (chat["typing_until"] or 0) > present.now() - present.offset(),
        "subscribed": waba["subscribed"],
    }
    return pages.render(request, "phone_chat.html", context)


def _follow_link(box, request, parts):
    """``/phone/wa.me/<number>?text=`` and ``/phone/wa.me/message/<code>``: as if the link had been opened."""
    store, text = box.store, request.params.get("text", "")
    if parts[:1] == ["message"] and len(parts) == 2:
        row = store.one("SELECT * FROM qrdl WHERE code = ?", parts[1])
        number = store.get("number", row["number_id"]) if row else None
        text = row["prefilled_message"] if row else ""
    else:
        digits = people.digits_of(parts[0]) if parts else ""
        number = store.one("SELECT * FROM number WHERE digits = ? AND registered = 1", digits)
    everybody = _people(store)
    if number is None or not everybody:
        problem = (
            _("Make a person first, then open the link again.") if number else _("No registered number has this link.")
        )
        return redirect(f"/phone/?problem={quote(problem)}")
    return redirect(f"/phone/{everybody[0]['id']}/{number['id']}/?text={quote(text)}")


def _post(box, request, parts):
    back = request.params.get("back") or "/" + "/".join(["phone", *parts[:-1]]) + "/"
    if not back.startswith("/phone/"):
        back = "/phone/"
    try:
        target = _act(box, request, parts)
    except (ValueError, LookupError) as exc:
        box.store.rollback()
        return redirect(f"{back.split('?')[0]}?problem={quote(str(exc))}")
    return redirect(target or back)


def _act(box, request, parts):
    params, store = request.params, box.store
    if parts == ["new"]:
        person = actions.make_person(box, params.get("phone", ""), params.get("name"))
        return f"/phone/{person['id']}/"
    if parts == ["choose"]:
        return f"/phone/{int(params['person'])}/"
    person_id = int(parts[0])
    if len(parts) == 2:
        if parts[1] == "start":
            return f"/phone/{person_id}/{params['number']}/"
        if parts[1] == "settings":
            return _settings(box, params, person_id)
        raise LookupError(_("There is no such page."))
    number_id, verb = parts[1], parts[2]
    reply_to = params.get("reply_to") or None
    if verb == "write":
        text = str(params.get("text", "")).strip()
        if text:
            inbound.receive(box, number_id, person_id, "text", {"body": text[:4096]}, reply_to=reply_to)
    elif verb == "file":
        file = request.files.get("file")
        if file is None or not file.name:
            raise ValueError(_("Choose a file first."))
        inbound.receive_file(box, number_id, person_id, file, caption=params.get("caption"), reply_to=reply_to)
    elif verb == "location":
        place = {
            "latitude": 3.4372,
            "longitude": -76.5225,
            "name": "Parque de San Antonio",
            "address": "Cali, Colombia",
        }
        inbound.receive(box, number_id, person_id, "location", place, reply_to=reply_to)
    elif verb == "press":
        inbound.press(box, params["message"], int(params["position"]))
    elif verb == "react":
        body = {"message_id": params["message"], "emoji": params.get("emoji", "")}
        inbound.receive(box, number_id, person_id, "reaction", body)
    elif verb == "read":
        statuses.mark_read(box, number_id, person_id)
    elif verb == "block":
        inbound.set_blocked(box, number_id, person_id, flag(params.get("blocked")))
    elif verb == "marketing":
        inbound.set_marketing(box, number_id, person_id, flag(params.get("stopped")))
    else:
        raise LookupError(_("There is no such page."))
    store.commit()
    return None


def _settings(box, params, person_id):
    box.store.update(
        "customer",
        person_id,
        name=str(params.get("name", "")).strip()[:60] or "?",
        username=str(params.get("username", "")).strip()[:35] or None,
        hides_phone=int(flag(params.get("hides_phone"))),
        on_whatsapp=int(flag(params.get("on_whatsapp"))),
        auto_read=int(flag(params.get("auto_read"))),
    )
    box.touched(person_id)
    return None
