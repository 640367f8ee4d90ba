"""What a template must look like before Meta even reviews it: limits of components, variables and buttons.

Sources: Meta's "Template components" and "Templates" pages (2025-10/11), error codes page (2388xxx) and the behaviour
recorded in public client logs for the subcodes that the pages leave out.
"""

import re

from .errors import GraphError, invalid, missing, template_refused

LANGUAGES = set(
    "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da prs_AF nl "
    "nl_BE en en_GB en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA "
    "et fil fi fr fr_BE fr_CA fr_CH fr_CI fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk "
    "rw_RW ko ky_KG lo lv lt mk ms ml mr nb ps_AF fa pl pt_BR pt_PT pa ro ru sr si_LK sk sl es es_AR "
    "es_CL es_CO es_CR es_DO es_EC es_HN es_MX es_PA es_PE es_ES es_UY sw sv ta te th tr uk ur uz vi zu".split()
)
CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
KINDS = ("HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST")
HEADER_FORMATS = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "GIF", "LOCATION", "PRODUCT")
BUTTON_LIMITS = {
    "URL": 2,
    "PHONE_NUMBER": 1,
    "COPY_CODE": 1,
    "OTP": 1,
    "FLOW": 1,
    "CATALOG": 1,
    "MPM": 1,
    "SPM": 1,
}
BUTTON_KINDS = (
    *BUTTON_LIMITS,
    "QUICK_REPLY",
    "VOICE_CALL",
    "REQUEST_CONTACT_INFO",
    "ORDER_DETAILS",
    "REMINDER",
    "APP",
)
TTL = {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43200), "MARKETING": (43200, 2592000)}

VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
EMOJI = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF]")


def variables(text):
    """The variables of a text in order, without repeats."""
    return list(dict.fromkeys(VARIABLE.findall(text or "")))


def check_name(name):
    if not name:
        raise missing("name")
    if len(str(name)) > 512 or not re.fullmatch(r"[a-z0-9_]+", str(name)):
        raise invalid("The name may hold lower case letters, digits and underscores, up to 512 characters.")


def check_language(language):
    if not language:
        raise missing("language")
    if language not in LANGUAGES:
        raise invalid(f"language {language} is not supported.")


def normal(components):
    """Types and formats in upper case, as they come back from the API."""
    if not isinstance(components, list) or not components:
        raise missing("components")
    found = []
    for part in components:
        if not isinstance(part, dict) or not part.get("type"):
            raise invalid("Each component needs a type.")
        part = {**part, "type": str(part["type"]).upper()}
        if part["type"] not in KINDS:
            raise invalid(f"There is no component type {part['type']}.")
        if part.get("format"):
            part["format"] = str(part["format"]).upper()
        if "buttons" in part:
            part["buttons"] = [_normal_button(button) for button in part["buttons"]]
        if "cards" in part:
            part["cards"] = [{**card, "components": normal(card.get("components"))} for card in part["cards"]]
        found.append(part)
    return found


def _normal_button(button):
    if not isinstance(button, dict) or not button.get("type"):
        raise invalid("Each button needs a type.")
    button = {**button, "type": str(button["type"]).upper()}
    if button.get("otp_type"):
        button["otp_type"] = str(button["otp_type"]).upper()
    return button


def check(category, parameter_format, components, ttl=None):
    """Raise the error that Graph answers for components that can't be submitted."""
    if category not in CATEGORIES:
        raise invalid(f"category must be one of {', '.join(CATEGORIES)}.")
    if parameter_format not in ("POSITIONAL", "NAMED"):
        raise invalid("parameter_format must be POSITIONAL or NAMED.")
    if ttl is not None:
        low, high = TTL[category]
        if int(ttl) != -1 and not low <= int(ttl) <= high:
            raise invalid(f"message_send_ttl_seconds must be between {low} and {high} for {category}.")
    kinds = [part["type"] for part in components]
    for kind in KINDS:
        if kinds.count(kind) > 1:
            raise invalid(f"A template has one {kind}.")
    if "BODY" not in kinds:
        raise template_refused(2388043, "The BODY component is missing.")
    parts = {part["type"]: part for part in components}
    if category == "AUTHENTICATION":
        _check_authentication(parts)
        return
    if "HEADER" in parts:
        _check_header(parts["HEADER"], parameter_format)
    offer = "LIMITED_TIME_OFFER" in parts
    _check_body(parts["BODY"], parameter_format, 600 if offer else 1024)
    if "FOOTER" in parts:
        _check_footer(parts["FOOTER"])
    if "BUTTONS" in parts:
        _check_buttons(parts["BUTTONS"], offer)
    if offer:
        _check_offer(parts, category)
    if "CAROUSEL" in parts:
        _check_carousel(parts["CAROUSEL"], category, parameter_format)


def _check_header(part, parameter_format):
    kind = part.get("format")
    if kind not in HEADER_FORMATS:
        raise template_refused(2388047, "The header's format is not one that exists.")
    example = part.get("example") or {}
    if kind == "TEXT":
        text = part.get("text") or ""
        if not text.strip():
            raise template_refused(2388043, "The header needs a text.")
        if len(text) > 60:
            raise template_refused(2388040, "The header may have up to 60 characters.")
        if "\n" in text or "*" in text or EMOJI.search(text):
            raise template_refused(2388047, "The header can't have new lines, formatting, asterisks or emoji.")
        names = _names(text, parameter_format, 2388047)
        if len(names) > 1:
            raise template_refused(2388047, "The header may have one variable.")
        if names:
            given = example.get("header_text") or example.get("header_text_named_params")
            if not given:
                raise template_refused(2388043, "The header's variable needs an example (example.header_text).")
    elif kind in ("IMAGE", "VIDEO", "DOCUMENT", "GIF"):
        if not example.get("header_handle"):
            raise template_refused(2388043, "A media header needs an example (example.header_handle).")


def _names(text, parameter_format, subcode):
    bare = VARIABLE.sub("", text)
    if re.search(r"\{\{|\}\}|(?<!\{)\{[\w ]+\}(?!\})", bare):
        raise template_refused(subcode, "A variable is written with two braces on each side, as in {{1}}.")
    names = variables(text)
    if parameter_format == "NAMED":
        if any(not re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names):
            raise template_refused(subcode, "A named variable holds lower case letters, digits and underscores.")
    elif names:
        if any(not re.fullmatch(r"[1-9][0-9]*", name) for name in names):
            raise template_refused(subcode, "A variable is a number in two braces, as in {{1}}.")
        if sorted(map(int, names)) != list(range(1, len(names) + 1)):
            raise template_refused(subcode, "Variables are numbered from 1 without gaps.")
    return names


def _check_body(part, parameter_format, limit, edges=True):
    text = part.get("text")
    if not text or not str(text).strip():
        raise template_refused(2388043, "The body needs a text.")
    if len(text) > limit:
        raise template_refused(2388040, f"The body may have up to {limit} characters.")
    if re.search(r"\n{3,}| {5,}|\t", text):
        raise template_refused(2388072, "The body can't have tabs, three new lines or five spaces in a row.")
    names = _names(text, parameter_format, 2388072)
    stripped = text.strip()
    if edges and names and (stripped.startswith("{{") or stripped.endswith("}}")):
        raise template_refused(2388299, "Variables can't be at the start or end of the template.")
    words = len(VARIABLE.sub(" ", text).split())
    if names and len(names) >= words / 2:
        raise template_refused(2388293, "This template has too many variables for its length.")
    example = part.get("example") or {}
    if names and parameter_format == "NAMED":
        given = {row.get("param_name") for row in example.get("body_text_named_params") or []}
        if not set(names) <= given:
            raise template_refused(2388043, "Each variable of the body needs an example (body_text_named_params).")
    elif names:
        rows = example.get("body_text") or []
        first = rows[0] if rows and isinstance(rows[0], list) else rows
        if len(first) < len(names):
            raise template_refused(2388043, "Each variable of the body needs an example (example.body_text).")


def _check_footer(part):
    text = part.get("text") or ""
    if not text.strip():
        raise template_refused(2388043, "The footer needs a text.")
    if len(text) > 60:
        raise template_refused(2388040, "The footer may have up to 60 characters.")
    if "{{" in text or "\n" in text or EMOJI.search(text):
        raise template_refused(2388073, "The footer can't have variables, new lines or emoji.")


def _check_buttons(part, offer=False):
    buttons = part.get("buttons") or []
    if not buttons:
        raise template_refused(2388043, "BUTTONS needs at least one button.")
    if len(buttons) > 10:
        raise invalid("A template may have up to 10 buttons.")
    kinds = [button["type"] for button in buttons]
    for kind in kinds:
        if kind not in BUTTON_KINDS:
            raise invalid(f"There is no button type {kind}.")
        if kinds.count(kind) > BUTTON_LIMITS.get(kind, 10):
            raise invalid(f"A template may have {BUTTON_LIMITS[kind]} button(s) of type {kind}.")
    blocks = [kind == "QUICK_REPLY" for kind in kinds]
    if sum(first != second for first, second in zip(blocks, blocks[1:], strict=False)) > 1:
        raise invalid("Quick replies stand together, and so do the other buttons.")
    for button in buttons:
        _check_button(button, 15 if offer else 20)


def _check_button(button, code_limit):
    kind, text = button["type"], button.get("text") or ""
    if kind in ("QUICK_REPLY", "URL", "PHONE_NUMBER", "FLOW"):
        if not text:
            raise template_refused(2388043, f"A button of type {kind} needs a text.")
        if "{{" in text or "\n" in text or (kind == "QUICK_REPLY" and EMOJI.search(text)):
            raise invalid("A button's text can't have variables, new lines or emoji.")
    if len(text) > 25:
        raise template_refused(2388040, "A button's text may have up to 25 characters.")
    if kind == "URL":
        url = button.get("url") or ""
        if not re.match(r"https?://[^\s]+$", url) or len(url) > 2000:
            raise invalid("A URL button needs an address of up to 2,000 characters.")
        names = variables(url)
        if len(names) > 1 or (names and not url.rstrip().endswith("}}")):
            raise invalid("The address may have one variable, at its end.")
        if names and not button.get("example"):
            raise template_refused(2388043, "The address has a variable and needs an example.")
    elif kind == "PHONE_NUMBER":
        digits = re.sub(r"[\s()+-]", "", str(button.get("phone_number") or ""))
        if not digits.isdigit() or len(digits) > 20:
            raise invalid("A phone button needs a phone_number of up to 20 digits.")
    elif kind == "COPY_CODE":
        example = button.get("example")
        code = example[0] if isinstance(example, list) and example else example
        if not code:
            raise template_refused(2388043, "A copy code button needs an example.")
        if len(str(code)) > code_limit:
            raise template_refused(2388040, f"The code may have up to {code_limit} characters.")
    elif kind == "FLOW" and not any(button.get(key) for key in ("flow_id", "flow_name", "flow_json")):
        raise template_refused(2388043, "A flow button needs flow_id, flow_name or flow_json.")


def _check_offer(parts, category):
    offer = parts["LIMITED_TIME_OFFER"].get("limited_time_offer") or {}
    if category != "MARKETING":
        raise invalid("A limited-time offer is a MARKETING template.")
    if not offer.get("text") or len(offer["text"]) > 16:
        raise template_refused(2388040, "The offer's text has 1 to 16 characters.")
    if "FOOTER" in parts:
        raise template_refused(2388073, "A limited-time offer has no footer.")
    if parts.get("HEADER", {}).get("format") not in (None, "IMAGE", "VIDEO"):
        raise template_refused(2388047, "A limited-time offer has an image or video as its header.")


def _check_carousel(part, category, parameter_format):
    cards = part.get("cards") or []
    if category != "MARKETING":
        raise invalid("A carousel is a MARKETING template.")
    if not 2 <= len(cards) <= 10:
        raise invalid("A carousel has 2 to 10 cards.")
    shapes = set()
    for card in cards:
        parts = {row["type"]: row for row in card["components"]}
        shapes.add(tuple(sorted(parts)))
        if parts.get("HEADER", {}).get("format") not in ("IMAGE", "VIDEO", "PRODUCT"):
            raise template_refused(2388047, "A card's header is an image, a video or a product.")
        if "BODY" in parts:
            _check_body(parts["BODY"], parameter_format, 160, edges=False)
        if "BUTTONS" in parts:
            _check_buttons(parts["BUTTONS"])
            if len(parts["BUTTONS"]["buttons"]) > 2:
                raise invalid("A card has 1 or 2 buttons.")
    if len(shapes) > 1:
        raise invalid("All cards have the same components.")


def _check_authentication(parts):
    """Meta's own text only, and one OTP button ("Authentication templates", 2025)."""
    if parts["BODY"].get("text"):
        raise invalid("An authentication template can't have a text of its own.")
    minutes = parts.get("FOOTER", {}).get("code_expiration_minutes")
    if minutes is not None and not 1 <= int(minutes) <= 90:
        raise invalid("code_expiration_minutes must be between 1 and 90.")
    buttons = parts.get("BUTTONS", {}).get("buttons") or []
    if len(buttons) != 1 or buttons[0]["type"] != "OTP":
        raise template_refused(2388043, "An authentication template needs one OTP button.")
    button = buttons[0]
    kind = button.get("otp_type")
    if kind not in ("COPY_CODE", "ONE_TAP", "ZERO_TAP"):
        raise invalid("otp_type must be COPY_CODE, ONE_TAP or ZERO_TAP.")
    if kind != "COPY_CODE":
        apps = button.get("supported_apps") or (
            [{"package_name": button["package_name"], "signature_hash": button.get("signature_hash")}]
            if button.get("package_name")
            else []
        )
        if not 1 <= len(apps) <= 5 or any(not row.get("signature_hash") for row in apps):
            raise template_refused(2388043, f"{kind} needs supported_apps with package_name and signature_hash.")
    if kind == "ZERO_TAP" and button.get("zero_tap_terms_accepted") is not True:
        raise invalid("zero_tap_terms_accepted must be true.")
    for key in ("text", "autofill_text"):
        if len(button.get(key) or "") > 25:
            raise template_refused(2388040, f"{key} may have up to 25 characters.")


def check_category_word(category):
    if not category:
        raise missing("category")
    word = str(category).upper()
    if word not in CATEGORIES:
        raise GraphError(100, f"category must be one of {', '.join(CATEGORIES)}.")
    return word
