"""Message templates: create, list, read, edit, delete (Meta, "Templates" pages, 2025-10/11)."""

import json

from . import health, payloads, present, template_rules
from .errors import GraphError, invalid, missing, template_refused
from .http import as_json
from .library import LIBRARY, from_library
from .router import page, pick, route
from .store import packed
from .template_changes import set_status

CREATES_PER_HOUR = 100
COOL_DOWN = 30 * 86400
NODE_TYPE = "MessageTemplate"
DEFAULT_FIELDS = [
    "name",
    "parameter_format",
    "components",
    "language",
    "status",
    "category",
    "sub_category",
    "id",
]
FINAL = ("DELETED", "PENDING_DELETION")


def fields(call, row):
    def components():
        parts = json.loads(row["components"])
        for part in _walk(parts):
            handles = (part.get("example") or {}).get("header_handle")
            if handles:
                # Comes back as a temporary address, never as the handle that was given.
                media = call.store.value("SELECT media_id FROM upload WHERE handle = ?", handles[0])
                part["example"] = {"header_handle": [f"{call.request.origin}/phone/media/{media or 'sample'}"]}
        return parts

    return {
        "id": lambda: row["id"],
        "name": lambda: row["name"],
        "language": lambda: row["language"],
        "status": lambda: row["status"],
        "category": lambda: row["category"],
        "previous_category": lambda: row["previous_category"],
        "correct_category": lambda: row["correct_category"],
        "sub_category": lambda: row["sub_category"],
        "parameter_format": lambda: row["parameter_format"],
        "components": components,
        "rejected_reason": lambda: row["rejected_reason"],
        "quality_score": lambda: {
            "score": row["quality"],
            "date": int(row["quality_at"] or row["created_at"]),
        },
        "library_template_name": lambda: row["library_template_name"],
        "message_send_ttl_seconds": lambda: row["ttl"],
        "cta_url_link_tracking_opted_out": lambda: None,
        "is_primary_device_delivery_only": lambda: None,
        "degrees_of_freedom_spec": lambda: None,
        "health_status": lambda: health.of_template(call.store, row),
    }


def _walk(parts):
    for part in parts:
        yield part
        for card in part.get("cards", ()):
            yield from _walk(card.get("components", ()))


def _living(store, waba_id):
    return store.all(
        "SELECT * FROM template WHERE waba_id = ? AND status != 'DELETED' ORDER BY created_at DESC, id",
        waba_id,
    )


def template_limit(store, waba):
    """250, or 6,000 for a verified portfolio with an approved name on one of the numbers (Meta, 2026-05)."""
    verified = store.value("SELECT verification_status FROM business WHERE id = ?", waba["business_id"]) == "verified"
    named = store.one("SELECT id FROM number WHERE waba_id = ? AND name_status = 'APPROVED'", waba["id"])
    return 6000 if verified and named else 250


def _may_create(call, waba, name, language):
    store = call.store
    hour = store.value(
        "SELECT COUNT(*) FROM template_event WHERE waba_id = ? AND kind = 'create' AND at > ?",
        waba["id"],
        present.now() - 3600,
    )
    if call.box.options["enforce_hourly_calls"] and hour >= CREATES_PER_HOUR:
        raise GraphError(80008, "A WhatsApp Business Account can create 100 templates per hour.")
    if store.one(
        "SELECT id FROM template WHERE waba_id = ? AND name = ? AND language = ? "
        "AND status NOT IN ('DELETED', 'PENDING_DELETION')",
        waba["id"],
        name,
        language,
    ):
        raise template_refused(
            2388024,
            f"There is already content in this language for {name}. You can edit it or choose another name.",
        )
    if store.one(
        "SELECT id FROM template WHERE waba_id = ? AND name = ? AND language = ? "
        "AND status IN ('DELETED', 'PENDING_DELETION') "
        "AND deleted_at > ?",
        waba["id"],
        name,
        language,
        present.now() - COOL_DOWN,
    ):
        raise template_refused(
            2388023, "This template's language is being deleted. You can't use the name again for 4 weeks."
        )
    living = store.value(
        "SELECT COUNT(*) FROM template WHERE waba_id = ? AND status NOT IN ('DELETED', 'PENDING_DELETION')",
        waba["id"],
    )
    if living >= template_limit(store, waba):
        raise template_refused(2388019)
    if waba["status"] != "ACTIVE" or waba["review_status"] == "REJECTED":
        raise GraphError(131031, "The account has been locked.")


def _insert(call, waba, **columns):
    store = call.store
    node = store.new_node("template")
    moment = present.now()
    store.insert("template", id=node, waba_id=waba["id"], created_at=moment, changed_at=moment, **columns)
    store.insert("template_event", template_id=node, waba_id=waba["id"], kind="create", at=moment)
    return store.get("template", node)


@route("POST", "waba", "message_templates")
def create(call):
    params = call.params
    waba = call.store.get("waba", call.node)
    template_rules.check_name(params.get("name"))
    template_rules.check_language(params.get("language"))
    if params.get("library_template_name"):
        category, components = "UTILITY", from_library(params)
        template_rules.check_category_word(params.get("category") or "UTILITY")
    else:
        category = template_rules.check_category_word(params.get("category"))
        components = template_rules.normal(as_json(params.get("components")))
    form = str(params.get("parameter_format") or "POSITIONAL").upper()
    ttl = params.get("message_send_ttl_seconds")
    if not params.get("library_template_name"):
        template_rules.check(category, form, components, ttl)
    _may_create(call, waba, params["name"], params["language"])
    row = _insert(
        call,
        waba,
        name=params["name"],
        language=params["language"],
        category=category,
        parameter_format=form,
        components=packed(components),
        status="PENDING",
        ttl=int(ttl) if ttl is not None else None,
        sub_category=params.get("sub_category"),
        library_template_name=params.get("library_template_name"),
    )
    if params.get("library_template_name"):
        approve_now(call.box, row)
    else:
        call.box.reviewer.ask("templates", row["id"])
    row = call.store.get("template", row["id"])
    return {"id": row["id"], "status": row["status"], "category": row["category"]}


def approve_now(box, row):
    """Approved without review (library and authentication templates), with the webhook all the same."""
    box.store.update("template", row["id"], status="APPROVED", changed_at=present.now())
    row = box.store.get("template", row["id"])
    box.hooks.say(box.store.get("waba", row["waba_id"]), payloads.template_status(row, "APPROVED"))


@route("POST", "waba", "upsert_message_templates")
def upsert(call):
    """Authentication templates in many languages: created where absent, updated where present."""
    params = call.params
    template_rules.check_name(params.get("name"))
    languages = as_json(params.get("languages"))
    if not isinstance(languages, list) or not languages:
        raise missing("languages")
    if template_rules.check_category_word(params.get("category")) != "AUTHENTICATION":
        raise invalid("Only AUTHENTICATION templates can be upserted.")
    components = template_rules.normal(as_json(params.get("components")))
    ttl = params.get("message_send_ttl_seconds")
    template_rules.check("AUTHENTICATION", "POSITIONAL", components, ttl)
    waba, data = call.store.get("waba", call.node), []
    for language in languages:
        template_rules.check_language(language)
        row = call.store.one(
            "SELECT * FROM template WHERE waba_id = ? AND name = ? AND language = ? "
            "AND status NOT IN ('DELETED', 'PENDING_DELETION')",
            waba["id"],
            params["name"],
            language,
        )
        if row is None:
            _may_create(call, waba, params["name"], language)
            row = _insert(
                call,
                waba,
                name=params["name"],
                language=language,
                category="AUTHENTICATION",
                status="PENDING",
                parameter_format="POSITIONAL",
                components=packed(components),
                ttl=int(ttl) if ttl is not None else None,
            )
        else:
            call.store.update("template", row["id"], components=packed(components))
        approve_now(call.box, row)
        data.append({"id": row["id"], "status": "APPROVED", "language": language})
    return {"data": data}


def _asked(value):
    value = as_json(value)
    if value is None:
        return None
    return (
        {str(word) for word in value} if isinstance(value, list) else {part.strip() for part in str(value).split(",")}
    )


@route("GET", "waba", "message_templates")
def list_templates(call):
    params, rows = call.params, _living(call.store, call.node)
    for key, column in (
        ("status", "status"),
        ("category", "category"),
        ("language", "language"),
        ("quality_score", "quality"),
    ):
        wanted = _asked(params.get(key) if key in params else params.get(f"{key}[]"))
        if wanted:
            rows = [row for row in rows if row[column] in wanted]
    if params.get("name"):
        rows = [row for row in rows if params["name"] in row["name"]]
    for key in ("content", "name_or_content"):
        text = str(params.get(key) or "").lower()
        if text:
            with_name = key == "name_or_content"
            rows = [row for row in rows if text in row["components"].lower() or (with_name and text in row["name"])]
    data = [{**pick(call, fields(call, row), DEFAULT_FIELDS, NODE_TYPE), "_cursor": row["id"]} for row in rows]
    found = page(call, data, f"/{call.node}/message_templates")
    if params.get("summary"):
        waba = call.store.get("waba", call.node)
        found["summary"] = {
            "total_count": len(rows),
            "message_template_count": len(_living(call.store, call.node)),
            "message_template_limit": template_limit(call.store, waba),
            "are_translations_complete": True,
        }
    return found


@route("GET", "template")
def read(call):
    return pick(call, fields(call, call.store.get("template", call.node)), DEFAULT_FIELDS, NODE_TYPE)


@route("POST", "template")
def edit(call):
    """Edit; an approved template may be edited once in 24 hours and ten times in 30 days, its category never.

    Changes of rejected and paused ones are free (Meta, "Message templates", 31 October 2025).
    """
    store, row = call.store, call.store.get("template", call.node)
    was_approved = row["status"] == "APPROVED"
    if row["status"] not in ("APPROVED", "REJECTED", "PAUSED"):
        raise template_refused(2388039, f"A template in the status {row['status']} can't be edited.")
    params, moment = call.params, present.now()
    if row["status"] == "APPROVED":
        counts = [
            store.value(
                "SELECT COUNT(*) FROM template_event WHERE template_id = ? AND kind = 'edit' AND at > ?",
                row["id"],
                moment - seconds,
            )
            for seconds in (86400, 30 * 86400)
        ]
        if counts[0] >= 1 or counts[1] >= 10:
            raise template_refused(
                2388039, "An approved template can be edited once in 24 hours and 10 times in 30 days."
            )
    category = template_rules.check_category_word(params.get("category") or row["category"])
    if row["status"] == "APPROVED" and category != row["category"]:
        raise template_refused(2388039, "The category of an approved template can't be changed.")
    form = str(params.get("parameter_format") or row["parameter_format"]).upper()
    components = json.loads(row["components"])
    if params.get("components"):
        components = template_rules.normal(as_json(params["components"]))
    ttl = params.get("message_send_ttl_seconds", row["ttl"])
    template_rules.check(category, form, components, ttl)
    store.update(
        "template",
        row["id"],
        category=category,
        parameter_format=form,
        components=packed(components),
        status="PENDING",
        rejected_reason="NONE",
        ttl=int(ttl) if ttl is not None else None,
        changed_at=moment,
    )
    kind = "edit" if was_approved else "correction"
    store.insert("template_event", template_id=row["id"], waba_id=row["waba_id"], kind=kind, at=moment)
    waba, changed = store.get("waba", row["waba_id"]), store.get("template", row["id"])
    call.box.hooks.say(waba, payloads.template_components(changed, components))
    call.box.reviewer.ask("templates", row["id"])
    return {"success": True}


@route("DELETE", "waba", "message_templates")
def delete(call):
    """By ``name`` (all languages), by ``hsm_id`` and ``name`` (one), or by ``hsm_ids``."""
    params, store = call.params, call.store
    ids = as_json(params.get("hsm_ids"))
    rows = [row for row in _living(store, call.node) if row["status"] not in FINAL]
    if isinstance(ids, list):
        rows = [row for row in rows if row["id"] in {str(node) for node in ids}]
    elif not params.get("name"):
        raise missing("name")
    else:
        rows = [row for row in rows if row["name"] == params["name"]]
        if params.get("hsm_id"):
            rows = [row for row in rows if row["id"] == str(params["hsm_id"])]
    if not rows:
        raise GraphError(
            100,
            message="Invalid parameter",
            subcode=2593002,
            title="Message template not found",
            user_message="The template name or id does not exist in this account.",
        )
    if any(row["status"] == "DISABLED" for row in rows):
        raise template_refused(2388039, "A disabled template can't be deleted.")
    waba = store.get("waba", call.node)
    for row in rows:
        was_live = row["status"] in ("APPROVED", "PAUSED")
        status = "PENDING_DELETION" if was_live else "DELETED"
        # The name of a template that was never live is free at once: no deleted_at, no cooling down.
        store.update(
            "template",
            row["id"],
            status=status,
            deleted_at=present.now() if was_live else None,
            changed_at=present.now(),
        )
        row = store.get("template", row["id"])
        call.box.hooks.say(waba, payloads.template_status(row, status, None))
    return {"success": True}


@route("POST", "template", "unpause")
def unpause(call):
    row = call.store.get("template", call.node)
    if row["status"] != "PAUSED":
        return {"success": False, "reason": "The template is not paused."}
    set_status(call.box, row["id"], "APPROVED", title="UNPAUSE")
    return {"success": True}


def _archiving(call, status, only):
    ids = as_json(call.params.get("hsm_ids"))
    if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
        raise invalid("hsm_ids must hold 1 to 100 template ids.")
    done, failed = [], {}
    for node in map(str, ids):
        row = call.store.get("template", node)
        if row and row["waba_id"] == call.node and row["status"] in only:
            set_status(call.box, node, status, event="UNARCHIVED" if status == "APPROVED" else None)
            done.append(node)
        else:
            failed[node] = "The template does not exist or is not in a fitting status."
    return done, failed


@route("POST", "waba", "message_templates/archive")
def archive(call):
    done, failed = _archiving(call, "ARCHIVED", ("APPROVED", "PAUSED", "REJECTED"))
    return {"archived_templates": done, "failed_templates": failed}


@route("POST", "waba", "message_templates/unarchive")
def unarchive(call):
    done, failed = _archiving(call, "APPROVED", ("ARCHIVED",))
    return {"unarchived_templates": done, "failed_templates": failed}


@route("GET", "root", "message_template_library")
@route("GET", "waba", "message_template_library")
def library(call):
    rows = LIBRARY
    for key in ("name", "language", "topic", "usecase"):
        if call.params.get(key):
            rows = [row for row in rows if row[key] == call.params[key]]
    if call.params.get("search"):
        word = call.params["search"].lower()
        rows = [row for row in rows if word in row["name"] or word in row["body"].lower()]
    return page(call, rows, "/message_template_library")


@route("GET", "waba", "message_template_previews")
def previews(call):
    languages = _asked(call.params.get("languages") or call.params.get("language")) or {"en_US"}
    minutes = call.params.get("code_expiration_minutes")
    data = []
    for language in sorted(languages):
        template_rules.check_language(language)
        row = {"body": "*{{1}}* is your verification code.", "language": language}
        if call.params.get("add_security_recommendation") in ("true", True, "1"):
            row["body"] += " For your security, do not share this code."
        if minutes:
            row["footer"] = f"This code expires in {minutes} minutes."
        row["buttons"] = [{"autofill_text": "Autofill", "text": "Copy code"}]
        data.append(row)
    return {"data": data}


def find_sendable(store, number, name, language):
    """The template a number may send under this name and language, or the error that says why not."""
    row = store.one(
        "SELECT * FROM template WHERE waba_id = ? AND name = ? AND language = ? AND status != 'DELETED' "
        "ORDER BY created_at DESC",
        number["waba_id"],
        name,
        language,
    )
    if row is None:
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    if row["status"] == "PAUSED":
        raise GraphError(132015, "Template is paused because of low quality.")
    if row["status"] == "DISABLED":
        raise GraphError(132016, "Template has been disabled permanently.")
    if row["status"] != "APPROVED":
        raise GraphError(132001, f"template name ({name}) is not approved in {language}: {row['status']}")
    return row
