"""What a company writes and proves in its country, read from ``rulebook/data/countries.toml``."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from django.utils.translation import gettext_lazy as _
from stdnum.util import get_cc_module

from onboarding.enums import DocumentKind
from onboarding.rulebook.book import DATA

REGION_WORDS = {
    "department": _("Department"),
    "state": _("State"),
    "province": _("Province"),
    "region": _("Region"),
    "district": _("District"),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as it is called in a country, and who issues it (empty where we don't know)."""

    kind: DocumentKind
    name: str
    issuer: str
    required: bool


@dataclass(frozen=True, slots=True)
class CountryFacts:
    """The rules of one country; every part is empty where nobody told us, and then anything is taken."""

    code: str
    tax_name: str = ""
    tax_example: str = ""
    tax_check: str = ""
    tax_shape: str = ""
    postal_shape: str = ""
    postal_example: str = ""
    region: str = ""
    papers: tuple[Paper, ...] = ()

    @property
    def region_label(self):
        """What the second level of an address is called there."""
        return REGION_WORDS.get(self.region, _("State, department or province"))

    @property
    def tax_module(self):
        """The python-stdnum module that checks a company's tax number, or None."""
        if self.tax_check:
            return import_module(f"stdnum.{self.tax_check}")
        return None if self.tax_shape or self.tax_name else _any_module(self.code)

    def fits_postal(self, code):
        """Whether a postal code (capitals, as typed) has this country's shape; True where the shape isn't known."""
        return not self.postal_shape or bool(re.fullmatch(self.postal_shape, code.replace(" ", ""), re.ASCII))


@cache
def facts(code):
    """The ``CountryFacts`` of an ISO 3166-1 code; of an unknown or empty one as well, with nothing but the papers."""
    told = _told()
    own = told.get(code or "", {}) if code != "house" else {}
    tax, postal = own.get("tax", {}), own.get("postal", {})
    return CountryFacts(
        code=code or "",
        tax_name=tax.get("name", ""),
        tax_example=tax.get("example", ""),
        tax_check=tax.get("check", ""),
        tax_shape=tax.get("shape", ""),
        postal_shape=postal.get("shape", ""),
        postal_example=postal.get("example", ""),
        region=own.get("region", ""),
        papers=tuple(_papers(told["house"], own.get("documents", {}))),
    )


@cache
def tax_hints():
    """Country -> how its tax number is called and written, for the page that follows the country as it is chosen."""
    return {code: f"{f.tax_name}: {f.tax_example}" for code in _told() if (f := facts(code)).tax_name}


def _papers(house, names):
    for required in (True, False):
        for kind in house["required" if required else "optional"]:
            told = names.get(kind, {})
            yield Paper(DocumentKind(kind), told.get("name", ""), told.get("issuer", ""), required)


@cache
def _told():
    with (DATA / "countries.toml").open("rb") as stream:
        return tomllib.load(stream)


@cache
def _any_module(code):
    return get_cc_module(code.lower(), "vat") if re.fullmatch("[A-Z]{2}", code) else None
