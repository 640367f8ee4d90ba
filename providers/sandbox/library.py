"""A few ready templates, in the shape of Meta's template library (our own wording)."""

from .errors import invalid
from .http import as_json


def _item(node, name, topic, usecase, industry, header, body, examples, kinds, buttons):
    return {
        "name": name,
        "language": "en_US",
        "category": "UTILITY",
        "topic": topic,
        "usecase": usecase,
        "industry": [industry],
        "header": header,
        "body": body,
        "body_params": examples,
        "body_param_types": kinds,
        "buttons": buttons,
        "id": node,
    }


LIBRARY = [
    _item(
        "7000000000000001",
        "parcel_arrives_today",
        "ORDER_MANAGEMENT",
        "DELIVERY_UPDATE",
        "E_COMMERCE",
        "On its way",
        "Hello {{1}}, your parcel {{2}} arrives on {{3}}. We will let you know if anything changes.",
        ["Marta", "CV-48213", "November 22, 2026"],
        ["TEXT", "TEXT", "DATE"],
        [{"type": "URL", "text": "Follow the parcel", "url": "https://www.example.com/"}],
    ),
    _item(
        "7000000000000002",
        "payment_is_due_soon",
        "PAYMENTS",
        "PAYMENT_DUE_REMINDER",
        "FINANCIAL_SERVICES",
        "Payment due",
        "Hello {{1}}, your payment of {{2}} is due on {{3}}. If you have paid already, nothing is left to do.",
        ["Marta", "$75.00", "November 30, 2026"],
        ["TEXT", "AMOUNT", "DATE"],
        [{"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+18005551234"}],
    ),
    _item(
        "7000000000000003",
        "how_did_we_do",
        "CUSTOMER_FEEDBACK",
        "FEEDBACK_SURVEY",
        "E_COMMERCE",
        "Your order",
        "Hello {{1}}, your order {{2}} was delivered. Tell us how it went; it takes a minute.",
        ["Marta", "CV-48213"],
        ["TEXT", "TEXT"],
        [
            {"type": "QUICK_REPLY", "text": "It went well"},
            {"type": "QUICK_REPLY", "text": "Something was wrong"},
        ],
    ),
]


def from_library(params):
    """The components of a create call that names a library template; its text can't be edited."""
    item = next((row for row in LIBRARY if row["name"] == params["library_template_name"]), None)
    if item is None:
        raise invalid("There is no library template with this name.")
    if params.get("components"):
        raise invalid("The text of a library template can't be edited.")
    given = as_json(params.get("library_template_button_inputs")) or []
    buttons = []
    for index, button in enumerate(item["buttons"]):
        wish = given[index] if index < len(given) else {}
        button = dict(button)
        if button["type"] == "URL" and wish.get("url"):
            button["url"] = wish["url"].get("base_url", button["url"])
            if "{{" in button["url"]:
                button["example"] = [wish["url"].get("url_suffix_example", "sample")]
        if button["type"] == "PHONE_NUMBER" and wish.get("phone_number"):
            button["phone_number"] = wish["phone_number"]
        buttons.append(button)
    return [
        {"type": "HEADER", "format": "TEXT", "text": item["header"]},
        {"type": "BODY", "text": item["body"], "example": {"body_text": [item["body_params"]]}},
        {"type": "BUTTONS", "buttons": buttons},
    ]
