"""The heading of an offer that ends, and the one-time code's button, as the builder's form sees them. Pure.

Sources: Meta, Template components, 2025-11-04 (limited-time offer); Authentication templates, 2025-11-14.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from templates_hsm.editor_lines import clean, line

OTP_TYPES = ("COPY_CODE", "ONE_TAP", "ZERO_TAP")
MOST_APPS = 5


@dataclass(frozen=True)
class OfferRow:
    """The heading of a limited-time offer, and whether the phone counts down to its end."""

    text: str = ""
    expires: bool = True


def offer_of(template):
    """The ``OfferRow`` of a definition that was read, or ``None``."""
    return OfferRow(line(template.offer.text), template.offer.has_expiration) if template.offer else None


def offer_as_written(row, old):
    """The component of an offer; ``old`` is the one that stood there, whose other fields stay."""
    old = old if isinstance(old, Mapping) else {"type": "LIMITED_TIME_OFFER"}
    inner = old.get("limited_time_offer")
    inner = dict(inner) if isinstance(inner, Mapping) else {}
    return {**old, "limited_time_offer": {**inner, "text": row.text, "has_expiration": row.expires}}


@dataclass(frozen=True)
class CodeRow:
    """How a phone takes a one-time code over: by copying, by one tap or by itself, and into which apps."""

    otp_type: str = "COPY_CODE"
    autofill: str = ""
    apps: tuple[tuple[str, str], ...] = ()
    """``(package name, signature)`` of each app that may read the code."""
    terms: bool = False

    @property
    def app_rows(self):
        """``(number, package, signature)`` for each app and one more place, up to five."""
        rows = [*self.apps, ("", "")][: max(MOST_APPS, len(self.apps))]
        return [(number, package, signature) for number, (package, signature) in enumerate(rows)]


def code_of(button):
    """The ``CodeRow`` of a one-time code's button that was read."""
    raw = button.raw
    apps = raw.get("supported_apps")
    if apps is None and raw.get("package_name") is not None:
        apps = [raw]  # the older form keeps both fields on the button
    pairs = [
        (_text(app.get("package_name")).strip(), _text(app.get("signature_hash")).strip())
        for app in (apps if isinstance(apps, list | tuple) else ())
        if isinstance(app, Mapping)
    ]
    return CodeRow(
        otp_type=button.otp_type,
        autofill=_text(raw.get("autofill_text")),
        apps=tuple(pair for pair in pairs if any(pair)),
        terms=raw.get("zero_tap_terms_accepted") is True,
    )


def code_typed(data, prefix):
    """The ``CodeRow`` of a posted form; its fields begin with ``prefix``."""
    pairs = []
    for number in range(MOST_APPS * 2):
        pair = tuple(
            line(clean(data.get(f"{prefix}app-{number}-{name}", ""))).strip() for name in ("package", "signature")
        )
        if any(pair):
            pairs.append(pair)
    return CodeRow(
        otp_type=clean(data[f"{prefix}otp"]).strip().upper()[:40],
        autofill=line(clean(data.get(f"{prefix}autofill", ""))),
        apps=tuple(pairs),
        terms=f"{prefix}terms" in data,
    )


def code_as_written(row, raw):
    """The fields of the button that belong to the code; ``raw`` is what stood there, whose other fields stay."""
    own = {"supported_apps", "package_name", "signature_hash", "autofill_text", "zero_tap_terms_accepted", "otp_type"}
    changed = {name: copy.deepcopy(value) for name, value in raw.items() if name not in own}
    changed["otp_type"] = row.otp_type
    if row.otp_type == "COPY_CODE":
        return changed
    if row.autofill:
        changed["autofill_text"] = row.autofill
    if row.apps:
        changed["supported_apps"] = [
            {"package_name": package, "signature_hash": signature} for package, signature in row.apps
        ]
    if row.otp_type == "ZERO_TAP":
        changed["zero_tap_terms_accepted"] = row.terms
    return changed


def _text(value):
    return line(value) if isinstance(value, str) else ""
