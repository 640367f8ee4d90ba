"""Message templates: creating them, and finding the one that a number sends (Meta, "Templates" pages, 2025-10/11)."""

from . import payloads, present, template_rules
from .errors import GraphError, invalid, missing, template_refused
from .http import as_json
from .library import from_library
from .router import route
from .store import packed

CREATES_PER_HOUR = 100
COOL_DOWN = 30 * 86400


def living(store, waba_id):
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
