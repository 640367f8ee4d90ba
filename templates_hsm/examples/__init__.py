"""Ready-made templates per use and language; a test lints every one of them clean."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

HERE = Path(__file__).resolve().parent
LANGUAGES = ("es", "pt_BR", "en")

USES = {
    "due_date": _("A due date comes near"),
    "delivery": _("An order is on its way"),
    "reservation": _("A reservation is confirmed"),
    "resolution": _("A problem is solved"),
    "appointment": _("An appointment comes near"),
    "payment_received": _("A payment arrived"),
    "one_time_code": _("A one-time code"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """One vetted template: what it is for, its language, and the body of its create call."""

    use: str
    language: str
    definition: dict

    @property
    def title(self):
        """What the example is for, for readers."""
        return USES[self.use]


@cache
def all_examples() -> tuple[Example, ...]:
    """Every example, by language and then by use."""
    found = []
    for language in LANGUAGES:
        rows = tomllib.loads((HERE / f"{language}.toml").read_text(encoding="utf-8"))["example"]
        found.extend(Example(row["use"], language, _definition(row, language)) for row in rows)
    return tuple(found)


def examples(*, use: str | None = None, language: str | None = None) -> list[Example]:
    """The examples for a use, in a language, or both. A region falls back to its language (``es_MX`` to ``es``)."""
    base = (language or "").replace("-", "_").split("_")[0]
    return [
        example
        for example in all_examples()
        if use in (None, example.use) and (not base or example.language.split("_")[0] == base)
    ]


def _definition(row: dict, language: str) -> dict:
    if row["use"] == "one_time_code":
        return {
            "name": row["name"],
            "language": language,
            "category": "AUTHENTICATION",
            "message_send_ttl_seconds": 600,
            "components": [
                {"type": "BODY", "add_security_recommendation": True},
                {"type": "FOOTER", "code_expiration_minutes": 10},
                {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": row["button"]}]},
            ],
        }
    samples = [{"param_name": name, "example": sample} for name, sample in row["samples"].items()]
    components = [{"type": "BODY", "text": row["body"], "example": {"body_text_named_params": samples}}]
    if "header" in row:
        components.insert(0, {"type": "HEADER", "format": "TEXT", "text": row["header"]})
    if "footer" in row:
        components.append({"type": "FOOTER", "text": row["footer"]})
    if "buttons" in row:
        components.append({"type": "BUTTONS", "buttons": row["buttons"]})
    return {
        "name": row["name"],
        "language": language,
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": components,
    }
