"""Authentication templates, limited-time offers and carousels.

Sources: Meta, Authentication templates, 2025-11-14; Template components, 2025-11-04.
"""

from collections.abc import Mapping
from urllib.parse import unquote

from ..components import Button, Definition
from .findings import REMOVE
from .rulebook import Report
from .texts import variables

OTP_KINDS = ("COPY_CODE", "ONE_TAP", "ZERO_TAP")
_AUTHENTICATION_PARTS = frozenset({"BODY", "FOOTER", "BUTTONS"})
_SIGNATURE_LENGTH = 11
_PACKAGE_LENGTH = 224


def check(template: Definition, report: Report) -> None:
    """Add what is wrong with the special kinds of templates to ``report``."""
    if template.category == "AUTHENTICATION":
        _authentication(template, report)
    else:
        for button in (*template.buttons, *(button for card in template.cards for button in card.buttons)):
            if button.kind == "OTP":
                report.add("OTP-ELSEWHERE", button.path)
                break
    if template.category == "UTILITY" and any(button.kind == "COPY_CODE" for button in template.buttons):
        report.add("COUPON-CATEGORY", "category", patch=[("category", "MARKETING")])
    if template.offer is not None:
        _offer(template, report)
    if template.carousel_path:
        _carousel(template, report)


def _authentication(template: Definition, report: Report) -> None:
    components = template.raw.get("components")
    if template.from_library and not components:
        return
    for index, kind in enumerate(template.kinds):
        if kind and kind not in _AUTHENTICATION_PARTS:
            path = f"components.{index}"
            report.add("OTP-COMPONENT", path, patch=[(path, REMOVE)], kind=kind[:40])
    body, footer = template.body, template.footer
    if body is not None and body.text.strip():
        report.add("OTP-OWN-TEXT", f"{body.path}.text", patch=[(f"{body.path}.text", REMOVE)])
    if footer is not None:
        if footer.text.strip():
            report.add("OTP-OWN-TEXT", f"{footer.path}.text", patch=[(f"{footer.path}.text", REMOVE)])
        minutes = footer.code_expiration_minutes
        if minutes is not None and not _between(minutes, 1, 90):
            report.add("OTP-EXPIRY", f"{footer.path}.code_expiration_minutes")
    otp = [button for button in template.buttons if button.kind == "OTP"]
    if len(otp) != 1 or len(template.buttons) != 1:
        report.add("OTP-BUTTON", f"{template.buttons_path}.buttons" if template.buttons_path else "components")
    for button in otp:
        _otp_button(button, report)


def _between(value, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _otp_button(button: Button, report: Report) -> None:
    if button.otp_type not in OTP_KINDS:
        report.add("OTP-KIND", f"{button.path}.otp_type")
        return
    autofill = button.raw.get("autofill_text")
    limit = report.limit("BUTTON-LABEL-LENGTH")
    if isinstance(autofill, str) and limit and len(autofill) > limit:
        report.add("BUTTON-LABEL-LENGTH", f"{button.path}.autofill_text", limit, len(autofill), length=len(autofill))
    if button.otp_type == "COPY_CODE":
        return
    if not _apps_fit(button.raw):
        report.add("OTP-APPS", f"{button.path}.supported_apps")
    if button.otp_type == "ZERO_TAP" and button.raw.get("zero_tap_terms_accepted") is not True:
        report.add("OTP-TERMS", f"{button.path}.zero_tap_terms_accepted")


def _apps_fit(raw: Mapping) -> bool:
    apps = raw.get("supported_apps")
    if apps is None and raw.get("package_name") is not None:
        apps = [raw]  # the older form keeps both fields on the button
    if not isinstance(apps, list | tuple) or not 1 <= len(apps) <= 5:
        return False
    for app in apps:
        package = app.get("package_name") if isinstance(app, Mapping) else None
        signature = app.get("signature_hash") if isinstance(app, Mapping) else None
        if not isinstance(package, str) or not 0 < len(package) <= _PACKAGE_LENGTH:
            return False
        # Meta's own sample writes the hash percent-encoded.
        if not isinstance(signature, str) or len(unquote(signature)) != _SIGNATURE_LENGTH:
            return False
    return True


def _offer(template: Definition, report: Report) -> None:
    offer = template.offer
    if template.category != "MARKETING":
        report.add("OFFER-CATEGORY", "category", patch=[("category", "MARKETING")])
    if template.footer is not None:
        report.add("OFFER-FOOTER", template.footer.path, patch=[(template.footer.path, REMOVE)])
    limit = report.limit("OFFER-TEXT")
    if limit and not 0 < len(offer.text.strip()) <= limit:
        report.add("OFFER-TEXT", f"{offer.path}.limited_time_offer.text")
    if template.header is not None and template.header.format not in ("IMAGE", "VIDEO"):
        report.add("OFFER-HEADER", template.header.path)
    limit = report.limit("OFFER-CODE")
    for button in template.buttons:
        code = next(iter(button.example), "") if button.kind == "COPY_CODE" else ""
        if limit and len(code) > limit:
            report.add("OFFER-CODE", f"{button.path}.example", length=len(code))
    kinds = [button.kind for button in template.buttons]
    fits = kinds in (["COPY_CODE", "URL"], ["URL"]) if not offer.has_expiration else kinds == ["COPY_CODE", "URL"]
    if not fits:
        report.add("OFFER-BUTTONS", template.buttons_path or offer.path)


def _carousel(template: Definition, report: Report) -> None:
    path, cards = f"{template.carousel_path}.cards", template.cards
    if template.category != "MARKETING":
        report.add("CAROUSEL-CATEGORY", "category", patch=[("category", "MARKETING")])
    if not 2 <= len(cards) <= 10:
        report.add("CAROUSEL-CARDS", path, count=len(cards))
    first, odd = None, None
    limit = report.limit("CARD-BODY-LENGTH")
    for card in cards[:20]:
        header = card.header.format if card.header else ""
        shape = (frozenset(card.kinds), header, tuple(button.kind for button in card.buttons))
        first = first or shape
        if shape != first:
            odd = odd or card
        if header not in ("IMAGE", "VIDEO", "PRODUCT"):
            report.add("CAROUSEL-HEADER", f"{card.path}.components")
        elif header != "PRODUCT" and not card.header.handles:
            report.add("HEADER-MEDIA", f"{card.header.path}.example")
        if not 1 <= len(card.buttons) <= 2:
            report.add("CAROUSEL-BUTTONS", f"{card.path}.components")
        if card.body is not None:
            text = card.body.text
            if limit and len(text) > limit:
                report.add("CARD-BODY-LENGTH", f"{card.body.path}.text", limit, len(text), length=len(text))
            if text.count("\n") > 2:
                report.add("CAROUSEL-LINES", f"{card.body.path}.text")
            if not text.strip():
                report.add("CAROUSEL-TEXT", f"{card.body.path}.text")
            variables(card.body, template, report)
    if odd is not None:
        report.add("CAROUSEL-SAME", f"{odd.path}.components")
