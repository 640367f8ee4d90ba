"""Message templates: listing and reading them, the library, previews (Meta, "Templates" pages, 2025-10/11)."""

import json

from . import health, template_rules, template_texts
from .http import as_json
from .library import LIBRARY
from .router import page, pick, route
from .templates import living, template_limit

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


def fields(call, row):
    def components():
        parts = template_texts.completed(json.loads(row["components"]), row["category"])
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


def _asked(value):
    value = as_json(value)
    if value is None:
        return None
    return (
        {str(word) for word in value} if isinstance(value, list) else {part.strip() for part in str(value).split(",")}
    )


@route("GET", "waba", "message_templates")
def list_templates(call):
    params, rows = call.params, living(call.store, call.node)
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
            "message_template_count": len(living(call.store, call.node)),
            "message_template_limit": template_limit(call.store, waba),
            "are_translations_complete": True,
        }
    return found


@route("GET", "template")
def read(call):
    return pick(call, fields(call, call.store.get("template", call.node)), DEFAULT_FIELDS, NODE_TYPE)


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
        advice = call.params.get("add_security_recommendation") in ("true", True, "1")
        row = {"body": template_texts.code(advice), "language": language}
        if minutes:
            row["footer"] = template_texts.expiry(minutes)
        row["buttons"] = [{"autofill_text": "Autofill", "text": template_texts.LABELS["OTP"]}]
        data.append(row)
    return {"data": data}
