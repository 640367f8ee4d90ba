"""What quality, time and the control panel do to a template, each with its webhook."""

from . import payloads, present

PAUSES = {1: ("FIRST_PAUSE", 3 * 3600), 2: ("SECOND_PAUSE", 6 * 3600)}


NEWS = {
    "FLAGGED": (None, None),
    "LOCKED": (None, None),
    "REINSTATED": ("APPROVED", None),
    "UNARCHIVED": ("APPROVED", None),
    "RATE_LIMITING_PAUSE": (
        "PAUSED",
        {"title": "RATE_LIMITING_PAUSE", "description": "Paused while it was looked at."},
    ),
}
"""Events that aren't a status: the status that goes with each (``None``: as it is), and ``other_info``."""


def tell(box, template_id, event):
    """Say one of the ``NEWS`` of a template. A pause by pacing has no end and counts no strike."""
    store, row = box.store, box.store.get("template", template_id)
    if row is None:
        raise LookupError("There is no such template.")
    status, info = NEWS[event]
    store.update("template", template_id, status=status or row["status"], paused_until=None, changed_at=present.now())
    more = {"other_info": info} if info else {}
    change = payloads.template_status(store.get("template", template_id), status if info else event, "NONE", **more)
    box.hooks.say(store.get("waba", row["waba_id"]), change)


def set_status(box, template_id, status, event=None, title=None, reason="NONE"):
    """Change a status and tell of it; ``PAUSED`` counts strikes, of which the third disables (Meta, "Pausing")."""
    store, row = box.store, box.store.get("template", template_id)
    if row is None:
        raise LookupError("There is no such template.")
    changes = {"status": status, "changed_at": present.now(), "rejected_reason": reason}
    more = {}
    if status == "PAUSED":
        strikes = row["pauses"] + 1
        changes["pauses"] = strikes
        if strikes >= 3:
            status = changes["status"] = "DISABLED"
        else:
            title, seconds = PAUSES[strikes]
            changes["paused_until"] = present.now() + seconds
            more["other_info"] = {"title": title, "description": "Paused for low quality."}
    if status == "DISABLED":
        more["disable_info"] = {"disable_date": int(present.now())}
        more["other_info"] = {"title": "DISABLED", "description": "Paused too often for low quality."}
    if title == "UNPAUSE":
        changes |= {"paused_until": None, "quality": "UNKNOWN", "quality_at": present.now()}
        more["other_info"] = {"title": "UNPAUSE", "description": "The pause has ended."}
    store.update("template", template_id, **changes)
    change = payloads.template_status(store.get("template", template_id), event or status, reason, **more)
    box.hooks.say(store.get("waba", row["waba_id"]), change)


def set_quality(box, template_id, score):
    row = box.store.get("template", template_id)
    if row is None:
        raise LookupError("There is no such template.")
    box.store.update("template", template_id, quality=score, quality_at=present.now())
    box.hooks.say(box.store.get("waba", row["waba_id"]), payloads.template_quality(row, row["quality"], score))


def set_category(box, template_id, category, notice_only=False):
    """Move a template to another category, or announce the move (24 hours' notice)."""
    row = box.store.get("template", template_id)
    if row is None:
        raise LookupError("There is no such template.")
    waba = box.store.get("waba", row["waba_id"])
    if notice_only:
        box.store.update("template", template_id, correct_category=category)
        change = payloads.template_category(
            row,
            correct_category=category,
            new_category=row["category"],
            category_update_timestamp=int(present.now()) + 86400,
        )
    else:
        box.store.update(
            "template",
            template_id,
            category=category,
            previous_category=row["category"],
            correct_category=None,
        )
        change = payloads.template_category(row, previous_category=row["category"], new_category=category)
    box.hooks.say(waba, change)


def end_pauses(box):
    """Pauses end by themselves; how many did."""
    rows = box.store.all("SELECT id FROM template WHERE status = 'PAUSED' AND paused_until <= ?", present.now())
    for row in rows:
        set_status(box, row["id"], "APPROVED", title="UNPAUSE")
    return len(rows)
