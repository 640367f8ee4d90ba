"""Webhooks as Meta writes them (shapes of the Cloud API's webhook reference, late 2025 to 2026)."""

from . import people, present


def metadata(number):
    return {"display_phone_number": number["digits"], "phone_number_id": number["id"]}


def contact(store, number, person, with_username=True):
    """``contacts[0]``: without ``wa_id`` when the person shows a username instead of the number."""
    entry = {"profile": {"name": person["name"]}}
    if person["username"] and with_username:
        entry["profile"]["username"] = f"@{person['username'].lstrip('@')}"
    if not person["hides_phone"]:
        entry["wa_id"] = person["digits"]
    entry["user_id"] = people.user_id(store, person, people.business_of(store, number))
    return entry


def inbound(store, number, person, message):
    """A ``messages`` change with one message; ``message`` holds id, timestamp, type and the typed object."""
    who = contact(store, number, person)
    sender = {"from_user_id": who["user_id"]}
    if "wa_id" in who:
        sender = {"from": who["wa_id"], **sender}
    context = message.get("context")
    if context and not context.get("from"):
        context["from"] = number["digits"]
    return _messages(number, {"contacts": [who], "messages": [{**sender, **message}]})


def status(store, number, person, message, state, at, error=None):
    """A ``messages`` change with one status."""
    entry = {"id": message["id"], "status": state, "timestamp": str(int(at))}
    if not person["hides_phone"]:
        entry["recipient_id"] = person["digits"]
    user = people.user_id(store, person, people.business_of(store, number))
    value = {}
    if state == "failed":
        entry["errors"] = [error]
    else:
        entry["recipient_user_id"] = user
        value["contacts"] = [contact(store, number, person, with_username=state != "sent")]
    if message["reference"]:
        entry["biz_opaque_callback_data"] = message["reference"]
    return _messages(number, {**value, "statuses": [entry]}), entry


def user_preference(store, number, person, value):
    """A ``user_preferences`` change: the person stopped or resumed marketing messages."""
    wish = {
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(present.now()),
    }
    who = contact(store, number, person)
    if "wa_id" in who:
        wish = {"wa_id": who["wa_id"], **wish}
    wish["user_id"] = who["user_id"]
    return {
        "field": "user_preferences",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": metadata(number),
            "contacts": [who],
            "user_preferences": [wish],
        },
    }


def template_status(template, event, reason="NONE", **more):
    return _template(
        "message_template_status_update",
        template,
        event=event,
        reason=reason,
        message_template_category=template["category"],
        **more,
    )


def template_components(template, components):
    """The text of a template after a change ("message_template_components_update")."""
    parts = {str(part.get("type")).upper(): part for part in components}
    header, footer = parts.get("HEADER", {}), parts.get("FOOTER", {})
    values = {"message_template_element": parts.get("BODY", {}).get("text") or ""}
    if header.get("format") == "TEXT":
        values["message_template_title"] = header.get("text", "")
    if footer.get("text"):
        values["message_template_footer"] = footer["text"]
    buttons = [_changed_button(button) for button in parts.get("BUTTONS", {}).get("buttons") or ()]
    if buttons:
        values["message_template_buttons"] = buttons
    return _template("message_template_components_update", template, **values)


def _changed_button(button):
    told = {"type": button.get("type"), "text": button.get("text", "")}
    told |= {key: button[key] for key in ("url", "phone_number") if button.get(key)}
    return {f"message_template_button_{key}": value for key, value in told.items()}


def template_quality(template, before, after):
    return _template(
        "message_template_quality_update", template, previous_quality_score=before, new_quality_score=after
    )


def template_category(template, **values):
    return _template("template_category_update", template, **values)


def _template(field, template, **values):
    return {
        "field": field,
        "value": {
            **values,
            "message_template_id": int(template["id"]),
            "message_template_name": template["name"],
            "message_template_language": template["language"],
        },
    }


def _messages(number, value):
    return {
        "field": "messages",
        "value": {"messaging_product": "whatsapp", "metadata": metadata(number), **value},
    }
