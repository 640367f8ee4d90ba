"""Buttons: how many, of which kind, in which order, and what each of them needs.

Source: Meta, Template components, 2025-11-04; coupon length by the changelog of 2025-12-03.
"""

import re
from urllib.parse import urlsplit

from onboarding.rulebook.editions import per_edition

from ..components import Button, Definition, scan
from .rulebook import BOOK, Report, data
from .texts import has_emoji, has_marks

MAX_BY_KIND = {
    "QUICK_REPLY": 10, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "OTP": 1, "FLOW": 1, "CATALOG": 1, "MPM": 1,
    "SPM": 1, "VOICE_CALL": 1, "REQUEST_CONTACT_INFO": 1,
}  # fmt: skip
# Seen in the platform's own events; no limits are published for these.
_ALSO_SEEN = frozenset(
    "ORDER_DETAILS REMINDER EXTENSION POSTBACK SEND_LOCATION APP PAYMENT_REQUEST CALL_PERMISSION_REQUEST".split()
)
# The platform writes the label of the other kinds.
_OWN_LABEL = frozenset({"QUICK_REPLY", "URL", "PHONE_NUMBER", "FLOW"})
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]+", re.IGNORECASE)
_BARE_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?=/)", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"[^0-9]")
_PHONE = re.compile(r"\+?[0-9]+")
_PHONE_DECOR = re.compile(r"[\s().\-/]")


@per_edition(BOOK)
def shorteners() -> frozenset[str]:
    """Hosts that hide where a link leads (``data/shorteners.toml``)."""
    return frozenset(data("shorteners")["hosts"])


def check(template: Definition, report: Report) -> None:
    """Add what is wrong with the buttons of ``template`` to ``report``."""
    buttons = template.buttons
    if buttons:
        _counts(buttons, template.buttons_path, report)
        _order(template, report)
    for button in buttons:
        check_one(button, report)
    for card in template.cards:
        for button in card.buttons:
            check_one(button, report)
    for part in (template.body, template.footer):
        if part is not None:
            _links_in_text(f"{part.path}.text", part.text, report)


def _counts(buttons: tuple[Button, ...], path: str, report: Report) -> None:
    limit = report.limit("BUTTONS-TOTAL")
    if limit and len(buttons) > limit:
        report.add("BUTTONS-TOTAL", f"{path}.buttons", count=len(buttons))
        return
    kinds: dict[str, int] = {}
    for button in buttons:
        kinds[button.kind] = kinds.get(button.kind, 0) + 1
    for kind, count in kinds.items():
        most = MAX_BY_KIND.get(kind)
        if most and count > most:
            report.add("BUTTONS-KIND", f"{path}.buttons", kind=kind, count=count, limit=most)


def _order(template: Definition, report: Report) -> None:
    quick = [button.kind == "QUICK_REPLY" for button in template.buttons]
    changes = sum(1 for before, after in zip(quick, quick[1:], strict=False) if before != after)
    path = f"{template.buttons_path}.buttons"
    if changes > 1:
        front = sorted(template.buttons, key=lambda button: (button.kind == "QUICK_REPLY") != quick[0])
        report.add("BUTTON-ORDER", path, patch=[(path, [dict(button.raw) for button in front])])
    elif len(quick) >= 4 or changes == 1:
        report.add("BUTTONS-DESKTOP", path)


def check_one(button: Button, report: Report) -> None:
    """The rules of a single button."""
    if button.kind not in MAX_BY_KIND and button.kind not in _ALSO_SEEN:
        report.add("BUTTON-UNKNOWN", f"{button.path}.type", kind=button.kind[:40])
    _label(button, report)
    if button.kind == "URL":
        _url(button, report)
    elif button.kind == "PHONE_NUMBER":
        _phone(button, report)
    elif button.kind == "COPY_CODE":
        _coupon(button, report)
    elif button.kind == "FLOW" and not any(button.raw.get(key) for key in ("flow_id", "flow_name", "flow_json")):
        report.add("BUTTON-FLOW", button.path)


def _label(button: Button, report: Report) -> None:
    path, text = f"{button.path}.text", button.text
    if not text.strip():
        if button.kind in _OWN_LABEL:
            report.add("BUTTON-LABEL-EMPTY", path)
        return
    limit = report.limit("BUTTON-LABEL-LENGTH")
    if limit and len(text) > limit:
        report.add("BUTTON-LABEL-LENGTH", path, limit, len(text), length=len(text))
    placeholders = scan(text)
    if placeholders.found or placeholders.broken:
        start = placeholders.found[0].start if placeholders.found else placeholders.broken[0][0]
        report.add("BUTTON-LABEL-VARIABLE", path, start, len(text))
    elif button.kind in _OWN_LABEL and ("\n" in text or has_emoji(text) or has_marks(text)):
        report.add("BUTTON-LABEL-FORMAT", path)


def _url(button: Button, report: Report) -> None:
    path, url = f"{button.path}.url", button.url.strip()
    limit = report.limit("URL-LENGTH")
    if limit and len(url) > limit:
        report.add("URL-LENGTH", path, length=len(url))
    placeholders = scan(url)
    found = placeholders.found
    if placeholders.broken:
        start, end = placeholders.broken[0]
        report.add("VAR-SYNTAX", path, start, end)
    if len(found) > 1:
        report.add("URL-VARIABLE-COUNT", path, found[1].start, found[1].end, count=len(found))
    elif found and found[0].end != len(url):
        report.add("URL-VARIABLE-END", path, found[0].start, found[0].end)
    fixed = url[: found[0].start] if found else url
    host = _host(fixed)
    if host is None:
        proposal = f"https://{url}" if _BARE_DOMAIN.fullmatch(fixed) else ""
        report.add("URL-ADDRESS", path, patch=[(path, proposal)] if proposal else None, proposal=proposal)
    elif host in shorteners() or host.removeprefix("www.") in shorteners():
        report.add("URL-SHORTENER", path, host=host)
    if len(found) == 1 and not any(sample.strip() for sample in button.example):
        report.add("URL-EXAMPLE", f"{button.path}.example")


def _host(url: str) -> str | None:
    """The host of a web address in lower case, or ``None`` when scheme or host are missing."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    try:
        plain = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return None
    return host if _HOST.fullmatch(plain) else None


def _phone(button: Button, report: Report) -> None:
    path, number = f"{button.path}.phone_number", button.phone_number.strip()
    digits = _NOT_DIGIT.sub("", number)
    limit = report.limit("BUTTON-PHONE-LENGTH")
    if limit and len(digits) > limit:
        report.add("BUTTON-PHONE-LENGTH", path)
    elif not _PHONE.fullmatch(number):
        plain = _PHONE_DECOR.sub("", number)
        proposal = plain if _PHONE.fullmatch(plain) else ""
        report.add("BUTTON-PHONE-FORMAT", path, patch=[(path, proposal)] if proposal else None, proposal=proposal)


def _coupon(button: Button, report: Report) -> None:
    code = next((sample for sample in button.example if sample.strip()), "")
    if not code:
        report.add("BUTTON-COUPON-EXAMPLE", f"{button.path}.example")
    limit = report.limit("BUTTON-COUPON")
    if limit and len(code) > limit:
        report.add("BUTTON-COUPON", f"{button.path}.example", length=len(code))


def _links_in_text(path: str, text: str, report: Report) -> None:
    if "/" not in text:
        return
    for found in _LINK.finditer(text):
        if found[1].lower() in shorteners():
            report.add("TEXT-SHORTENER", path, found.start(), found.end(), host=found[1].lower())
            return
