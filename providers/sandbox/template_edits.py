"""Message templates: changing, deleting, pausing and archiving them (Meta, "Templates" pages, 2025-10/11)."""

import json

from . import payloads, present, template_rules, template_texts
from .errors import GraphError, invalid, missing, template_refused
from .http import as_json
from .router import route
from .store import packed
from .template_changes import set_status
from .templates import living

FINAL = ("DELETED", "PENDING_DELETION")


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
    call.box.hooks.say(waba, payloads.template_components(changed, template_texts.completed(components, category)))
    call.box.reviewer.ask("templates", row["id"])
    return {"success": True}


@route("DELETE", "waba", "message_templates")
def delete(call):
    """By ``name`` (all languages), by ``hsm_id`` and ``name`` (one), or by ``hsm_ids``."""
    params, store = call.params, call.store
    ids = as_json(params.get("hsm_ids"))
    rows = [row for row in living(store, call.node) if row["status"] not in FINAL]
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
