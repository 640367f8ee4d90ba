"""Business verification in plain words: what Meta says, what it means, and the exact way to get there (row B2).

The ten words are Meta's own (Python Business SDK 26.0.3, 2026-11-04: ``verification_status``). What to bring is dated
data: ``rulebook/data/verification.toml``.
"""

import tomllib
from dataclasses import dataclass
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.clock import now
from onboarding import countries
from onboarding.rulebook.book import DATA
from providers.base import BusinessVerification as Word

MEANINGS = {
    Word.NOT_VERIFIED: (
        gettext_lazy("Nobody has started the verification yet."),
        gettext_lazy("Start it as described below."),
    ),
    Word.PENDING: (
        gettext_lazy("Meta has your papers and looks at them."),
        gettext_lazy("You don't need to do anything."),
    ),
    Word.PENDING_SUBMISSION: (
        gettext_lazy("The verification was begun but not handed in."),
        gettext_lazy("Open the Security Center and finish it."),
    ),
    Word.PENDING_NEED_MORE_INFO: (
        gettext_lazy("Meta wants to know more."),
        gettext_lazy("Open the Security Center: it says which paper or answer is missing."),
    ),
    Word.REJECTED: (
        gettext_lazy("Meta has refused the papers."),
        gettext_lazy("Compare name and address with the paper letter by letter, and hand in another one."),
    ),
    Word.FAILED: (
        gettext_lazy("Meta could not match your company."),
        gettext_lazy("Compare name and address with the paper letter by letter, and hand in another one."),
    ),
    Word.EXPIRED: (
        gettext_lazy("The verification has expired."),
        gettext_lazy("Start it anew with papers of this year."),
    ),
    Word.REVOKED: (
        gettext_lazy("Meta has taken the verification back."),
        gettext_lazy("Open the Security Center: it says why. Write to us if you don't agree."),
    ),
    Word.INELIGIBLE: (
        gettext_lazy("Meta doesn't offer the verification to this company yet."),
        gettext_lazy("Write to us: Meta opens it for a company that connects to WhatsApp, and we ask for that."),
    ),
    Word.UNKNOWN: (
        gettext_lazy("Meta says something that we don't know yet."),
        gettext_lazy("Our team looks at it. Open the Security Center meanwhile."),
    ),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that Meta takes: what it is, what it is called in the country, and who issues it."""

    what: str
    name: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a verified company for one application."""

    where: str
    steps: tuple[str, ...]
    papers: tuple[Paper, ...]
    refused: tuple[str, ...]
    days: tuple[int, int]
    tries: int
    source: str


def meaning(word):
    """What Meta's word means and what to do, as two sentences."""
    said, act = MEANINGS.get(Word(word or "unknown"), MEANINGS[Word.UNKNOWN])
    return str(said), str(act)


def way(country, day=None):
    """The ``Way`` that holds on a day (today by default) for a company of a country."""
    told = _told()
    day = day or now().date()
    rows = [row for row in told["way"] if row["from"] <= day] or told["way"][:1]
    row = max(rows, key=lambda row: row["from"])
    own = told.get("papers", {}).get(country or "", {})
    ours = {str(paper.kind): paper for paper in countries.facts(country).papers}
    steps, accepted, refused = _sentences(row), _accepted(), _refused()
    papers = []
    for kind in row["accepted"]:
        paper = ours.get(kind)
        name, issuer = (paper.name, paper.issuer) if paper else (own.get(kind, ""), "")
        papers.append(Paper(accepted[kind], name, issuer))
    return Way(
        row["where"],
        tuple(steps[name] for name in row["steps"]),
        tuple(papers),
        tuple(refused[name] for name in row["refused"]),
        tuple(row["days"]),
        row["tries"],
        row["source"],
    )


def _sentences(row):
    return {
        "open": _("Log in to Meta Business Suite with full control of the company and open the Security Center."),
        "start": _("Press “Start verification”. The button is missing? Then Meta hasn't opened it yet: write to us."),
        "details": _("Give legal name, address, phone and website as below, letter by letter as on your paper."),
        "contact": _("Choose how Meta reaches you: e-mail at your site's domain, a record in its DNS, a call or SMS."),
        "papers": _("If Meta finds no match it asks for papers. Take one that shows the name and one for the address."),
        "tell_us": _("Come back here if you like: we see the answer by ourselves and go on."),
    }


def _accepted():
    return {
        "incorporation": _("Certificate of incorporation"),
        "tax_record": _("Tax record"),
        "licence": _("Business licence"),
        "bank_statement": _("Bank statement of the company"),
        "utility_bill": _("Utility or phone bill of the company"),
    }


def _refused():
    return {
        "invoices": _("Invoices and purchase orders"),
        "own_forms": _("Tax forms that you filled in yourself"),
        "personal": _("Papers of a person"),
        "screenshots": _("Screenshots and flyers"),
    }


def to_copy(application):
    """What has to stand in Meta's form letter by letter: ``(label, value)``."""
    place = ", ".join(
        part for part in (application.address, application.city, application.region, application.postal_code) if part
    )
    rows = [
        (_("Legal name"), application.legal_name),
        (_("Address"), place),
        (_("Website"), application.website),
        (_("Business ID"), application.facebook_business_id),
    ]
    return [(label, value) for label, value in rows if value]


@cache
def _told():
    with (DATA / "verification.toml").open("rb") as stream:
        return tomllib.load(stream)
