"""What hangs on a number besides messages: profile, QR links, blocked people, settings."""

import io
import json
import re
import secrets

import segno

from . import people, present
from .errors import GraphError, invalid, missing
from .http import Response, as_json
from .router import page, route
from .store import packed

VERTICALS = (
    "ALCOHOL APPAREL AUTO BEAUTY EDU ENTERTAIN EVENT_PLAN FINANCE GOVT GROCERY HEALTH HOTEL NONPROFIT ONLINE_GAMBLING "
    "OTC_DRUGS OTHER PHYSICAL_GAMBLING PROF_SERVICES RESTAURANT RETAIL TRAVEL UNDEFINED NOT_A_BIZ"
).split()
LIMITS = {"about": 139, "address": 256, "description": 512, "email": 128}
PROFILE = ("about", "address", "description", "email", "profile_picture_url", "websites", "vertical")


@route("GET", "number", "whatsapp_business_profile")
def read_profile(call):
    kept = json.loads(call.store.value("SELECT profile FROM number WHERE id = ?", call.node))
    profile = {"vertical": "OTHER", **kept}
    asked = call.fields() or ["about", "messaging_product"]
    for name in asked:
        if name not in (*PROFILE, "messaging_product", "id"):
            raise GraphError(
                100,
                message=f"(#100) Tried accessing nonexisting field ({name}) on node type (WhatsAppBusinessProfile)",
            )
    found = {name: profile[name] for name in asked if profile.get(name)}
    return {"data": [{**found, "messaging_product": "whatsapp"}]}


@route("POST", "number", "whatsapp_business_profile")
def write_profile(call):
    """Limits of Meta's "Business profiles" page (2025-11-04)."""
    if call.params.get("messaging_product") != "whatsapp":
        raise missing("messaging_product")
    profile = json.loads(call.store.value("SELECT profile FROM number WHERE id = ?", call.node))
    for name, limit in LIMITS.items():
        if name in call.params:
            value = str(call.params[name] or "")
            if len(value) > limit:
                raise invalid(f"{name} may have up to {limit} characters.")
            if name == "about" and not value.strip():
                raise invalid("about can't be empty.")
            if name == "email" and value and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
                raise invalid("email must be an e-mail address.")
            profile[name] = value
    if "websites" in call.params:
        sites = as_json(call.params["websites"]) or []
        sites = [sites] if isinstance(sites, str) else sites
        if len(sites) > 2:
            raise invalid("websites may hold 2 addresses.")
        for site in sites:
            if len(site) > 256 or not site.startswith(("http://", "https://")):
                raise invalid("A website starts with http:// or https:// and has up to 256 characters.")
        profile["websites"] = sites
    if "vertical" in call.params:
        if call.params["vertical"] not in ("", *VERTICALS):
            raise invalid(f"vertical must be one of {', '.join(VERTICALS)}.")
        profile["vertical"] = call.params["vertical"]
    handle = call.params.get("profile_picture_handle")
    if handle:
        media = call.store.value("SELECT media_id FROM upload WHERE handle = ?", handle)
        if media is None:
            raise invalid("profile_picture_handle is not a handle of the Resumable Upload API.")
        profile["profile_picture_url"] = f"{call.request.origin}/phone/media/{media}"
    call.store.update("number", call.node, profile=packed(profile))
    return {"success": True}


# Short links and QR codes (Meta, "Message QR codes", 2025-10-31)


def _qrdl(call, row):
    return {
        "code": row["code"],
        "prefilled_message": row["prefilled_message"],
        "deep_link_url": f"https://wa.me/message/{row['code']}",
    }


@route("POST", "number", "message_qrdls")
def write_qrdl(call):
    text = call.params.get("prefilled_message")
    if not text:
        raise missing("prefilled_message")
    if len(str(text)) > 140:
        raise invalid("prefilled_message may have up to 140 characters.")
    store, code = call.store, call.params.get("code")
    if code:
        if not store.one("SELECT code FROM qrdl WHERE code = ? AND number_id = ?", code, call.node):
            raise invalid("There is no such code.")
        store.run("UPDATE qrdl SET prefilled_message = ? WHERE code = ?", text, code)
        return _qrdl(call, {"code": code, "prefilled_message": text})
    if store.value("SELECT COUNT(*) FROM qrdl WHERE number_id = ?", call.node) >= 2000:
        raise invalid("A phone number may have up to 2,000 codes.")
    code = "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(14))
    store.insert("qrdl", code=code, number_id=call.node, prefilled_message=text, created_at=present.now())
    found = _qrdl(call, {"code": code, "prefilled_message": text})
    wanted = str(call.params.get("generate_qr_image") or "").upper()
    if wanted:
        if wanted not in ("SVG", "PNG"):
            raise invalid("generate_qr_image must be SVG or PNG.")
        found["qr_image_url"] = f"{call.request.origin}/phone/qr/{code}.{wanted.lower()}"
    return found


@route("GET", "number", "message_qrdls")
def read_qrdls(call):
    sql, args = "SELECT * FROM qrdl WHERE number_id = ?", [call.node]
    if call.rest:
        sql, args = sql + " AND code = ?", [*args, call.rest[0]]
    rows = [_qrdl(call, row) for row in call.store.all(sql + " ORDER BY created_at", *args)]
    if call.rest:
        return {"data": rows}
    return page(call, [{**row, "_cursor": row["code"]} for row in rows], f"/{call.node}/message_qrdls")


@route("DELETE", "number", "message_qrdls")
def delete_qrdl(call):
    code = call.rest[0] if call.rest else call.params.get("code")
    if not call.store.run("DELETE FROM qrdl WHERE code = ? AND number_id = ?", code, call.node).rowcount:
        raise invalid("There is no such code.")
    return {"success": True}


def qr_image(code, kind):
    """The picture behind ``qr_image_url``."""
    out = io.BytesIO()
    segno.make(f"https://wa.me/message/{code}").save(out, kind=kind, scale=8, border=3)
    return Response(out.getvalue(), 200, "image/svg+xml" if kind == "svg" else "image/png")


# Blocked people (Meta, "Block users", 2025; user_id since March 2026)


def _named(call):
    rows = as_json(call.params.get("block_users"))
    if not isinstance(rows, list) or not rows:
        raise missing("block_users")
    if call.params.get("messaging_product") != "whatsapp":
        raise missing("messaging_product")
    for row in rows:
        if row.get("user_id"):
            yield row["user_id"], people.by_user_id(call.store, row["user_id"])
        else:
            digits = people.digits_of(row.get("user", ""))
            yield row.get("user", ""), people.by_digits(call.store, digits)


def _failed(wanted, code, message):
    error = {"message": message, "code": code, "error_data": {"details": message}}
    return {"input": wanted, "wa_id": people.digits_of(wanted), "errors": [error]}


@route("POST", "number", "block_users")
def block(call):
    added, failed = [], []
    for wanted, person in _named(call):
        chat = person and people.chat(call.store, call.node, person["id"])
        if not chat or not chat["last_inbound_at"] or present.now() - chat["last_inbound_at"] > 86400:
            failed.append(_failed(wanted, 131047, "Re-engagement message"))
            continue
        people.set_chat(call.store, call.node, person["id"], blocked_by_business=1)
        added.append(_blocked(call, wanted, person))
    body = {"messaging_product": "whatsapp", "block_users": {"added_users": added}}
    if failed:
        body["block_users"]["failed_users"] = failed
        call.store.commit()
        error = GraphError(139100, "Some users could not be blocked.")
        return Response(packed({**body, **error.envelope()}).encode(), 400)
    return body


@route("DELETE", "number", "block_users")
def unblock(call):
    removed = []
    for wanted, person in _named(call):
        if person:
            people.chat(call.store, call.node, person["id"])
            people.set_chat(call.store, call.node, person["id"], blocked_by_business=0)
            removed.append(_blocked(call, wanted, person))
    return {"messaging_product": "whatsapp", "block_users": {"removed_users": removed}}


def _blocked(call, wanted, person):
    number = call.store.get("number", call.node)
    user = people.user_id(call.store, person, people.business_of(call.store, number))
    return {"input": wanted, "wa_id": person["digits"], "user_id": user}


@route("GET", "number", "block_users")
def list_blocked(call):
    rows = call.store.all(
        "SELECT customer.digits FROM chat JOIN customer ON customer.id = chat.customer_id "
        "WHERE chat.number_id = ? AND chat.blocked_by_business = 1 ORDER BY customer.id",
        call.node,
    )
    data = [{"messaging_product": "whatsapp", "wa_id": row["digits"], "_cursor": row["digits"]} for row in rows]
    return page(call, data, f"/{call.node}/block_users")


@route("POST", "number", "conversational_automation")
def write_automation(call):
    """Ice breakers and commands (Meta, "Conversational components", 2025): 4 of 80, 30 of 32 and 256 characters."""
    prompts = as_json(call.params.get("prompts")) or []
    commands = as_json(call.params.get("commands")) or []
    if len(prompts) > 4 or any(len(text) > 80 for text in prompts):
        raise invalid("prompts holds up to 4 texts of up to 80 characters.")
    if len(commands) > 30 or any(
        len(row.get("command_name", "")) > 32 or len(row.get("command_description", "")) > 256 for row in commands
    ):
        raise invalid("commands holds up to 30 commands; names have up to 32 characters, descriptions up to 256.")
    kept = json.loads(call.store.value("SELECT settings FROM number WHERE id = ?", call.node))
    welcome = call.params.get("enable_welcome_message") in (True, "true", "1")
    kept["conversational_automation"] = {
        "enable_welcome_message": welcome,
        "prompts": prompts,
        "commands": commands,
        "id": call.node,
    }
    call.store.update("number", call.node, settings=packed(kept))
    return {"success": True}


@route("GET", "number", "settings")
def read_settings(call):
    kept = json.loads(call.store.value("SELECT settings FROM number WHERE id = ?", call.node))
    return {"storage_configuration": {"status": "DEFAULT"}, **kept}


@route("POST", "number", "settings")
def write_settings(call):
    kept = json.loads(call.store.value("SELECT settings FROM number WHERE id = ?", call.node))
    for name in ("user_identity_change", "storage_configuration", "calling", "payload_encryption"):
        if name in call.params:
            kept[name] = as_json(call.params[name])
    call.store.update("number", call.node, settings=packed(kept))
    return {"success": True}
