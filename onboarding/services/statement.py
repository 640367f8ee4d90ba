"""The statement that a business signs: the rules of conduct, what was answered, and a digest of exactly that.

The conduct rules are those of the messaging policy (onboarding reference §2.4) in our words; opt-in and promotion
carry the house's own, stricter rules and say so.
"""

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.clock import now
from onboarding import rulebook
from onboarding.enums import ApplicationStatus, Sector
from onboarding.models import OnboardingApplication, Signature
from onboarding.services import editions
from onboarding.services.moves import note
from tenants import audit
from tenants.forms import countries
from tenants.tenancy import every_business


class StatementChanged(Exception):
    """The statement isn't the one that was shown any more; it has to be read again."""


def clauses():
    """The sentences that are signed, in the reader's language."""
    return [
        _("We write only to people who gave us their number and agreed to receive messages from our company by name."),
        _("We stop at once when somebody asks us to, on WhatsApp or elsewhere, and take them off our lists."),
        _("More than 24 hours after a person's last message we write only with approved templates."),
        _("We send no advertising templates. This is a rule of our provider's house, stricter than the platform's."),
        _("Wherever a bot answers, there is a clear and direct way to a person."),
        _("We never ask in a chat for full card numbers, bank accounts, identity documents or passwords."),
        _("We don't pass on what one customer wrote to another, and don't build profiles for others from it."),
        _("We sell nothing on WhatsApp that its messaging and commerce policies forbid, also not as a side line."),
        _("The data in our WhatsApp profile is true and has at least one way to reach us outside WhatsApp."),
        _("What we answered below is true. If it changes, we say so before we go on writing."),
    ]


def answered(application):
    """The answers under the signature, as label and text."""
    names = dict(countries())
    sectors = dict(Sector.choices)
    return [
        (_("Company"), application.business.name),
        (_("What it does"), application.activity),
        (_("Sector"), str(sectors.get(application.sector, application.sector))),
        (
            _("Countries of the people it writes to"),
            ", ".join(names.get(c, c) for c in application.recipient_countries),
        ),
        (_("Website"), application.website),
    ]


def policy_version():
    """Which version of the rules is signed."""
    return rulebook.load().version


def text(application):
    """The whole statement as it is shown, stored and printed."""
    lines = [_("Statement on the WhatsApp messaging and commerce policies"), ""]
    lines += [f"{number}. {clause}" for number, clause in enumerate(clauses(), 1)]
    lines += ["", *(f"{label}: {value}" for label, value in answered(application))]
    lines += ["", _("Version of the rules: %(version)s") % {"version": policy_version()}]
    return "\n".join(lines)


def shown_digest(statement):
    """A short-lived mark of a statement: what the page showed and what is signed must be the same text."""
    return hashlib.sha256(statement.encode()).hexdigest()


def covered(application):
    """The plain answers that the signature covers, whatever language the page was in."""
    return {
        "activity": application.activity,
        "sector": application.sector,
        "recipient_countries": list(application.recipient_countries),
        "website": application.website,
    }


def content(application):
    """What the digest is taken over, as plain values: shown, answered, under which rules, who, when and from where."""
    values = {
        "application": str(application.reference),
        "shown": application.signed_statement,
        "answers": covered(application),
        "policy_version": application.policy_version,
        "name": application.signed_name,
        "signed_at": application.signed_at.isoformat() if application.signed_at else "",
        "from": application.signed_from or "",
    }
    if application.signed_language:  # signatures of before carried neither, and still have to add up
        values |= {"agent": application.signed_agent, "language": application.signed_language}
    return values


def packed(values):
    """The one way of writing such values down: JSON with sorted names, no spaces, letters as they are, in UTF-8."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(record):
    """SHA-256 over a packed record, in hexadecimal figures."""
    return hashlib.sha256(record.encode()).hexdigest()


def digest(application):
    """SHA-256 over the statement shown, the answers, the version of the rules, and who signed when and from where."""
    return digest_of(packed(content(application)))


def is_valid(application):
    """Whether the signature still covers what the application says."""
    return bool(application.signed_at) and digest(application) == application.signed_digest


def plain_address(address):
    """A network address in the one form in which the database gives it back; None for what isn't one."""
    try:
        found = ipaddress.ip_address((address or "").strip())
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def sign(application, *, name, shown, address, actor, agent=""):
    """Sign the statement that was shown. A second click finds it signed. Raises ``StatementChanged``.

    ``address`` and ``agent`` are the signer's network address and browser, as the request gave them.
    """
    if is_valid(application):
        return application
    statement = text(application)
    if shown_digest(statement) != shown:
        raise StatementChanged(_("The statement has changed since you opened the page. Read it again before you sign."))
    application.signed_at, application.signed_by, application.signed_name = now(), actor, name
    application.signed_from, application.signed_statement = plain_address(address), statement
    application.signed_agent = "".join(sign for sign in agent if sign.isprintable())[:300]
    application.signed_language = get_language() or "en"
    application.policy_version = policy_version()
    editions.keep(rulebook.book.BOOK)
    application.signed_digest = digest(application)
    fields = [
        "signed_at", "signed_by", "signed_name", "signed_from", "signed_agent", "signed_language", "signed_statement",
        "policy_version", "signed_digest",
    ]  # fmt: skip
    still = OnboardingApplication.objects.filter(
        pk=application.pk,
        version=application.version,
        status__in=[ApplicationStatus.DRAFT, ApplicationStatus.CHANGES_REQUESTED],
    )
    if not still.update(**{field: getattr(application, field) for field in fields}):
        raise StatementChanged(_("The answers have changed since you opened the page. Read it again before you sign."))
    kept(application)
    note(application, "signed", actor=actor, digest=application.signed_digest)
    audit.record(audit.to_translate("policies signed"), application.code, actor=actor, digest=application.signed_digest)
    return application


# What is kept of a signature, and proving it later


def kept(application):
    """The ``Signature`` row of the present signature, made where there is none yet; None for an unsigned application.

    It keeps the record as it was signed, so it stays provable when the answers change and a new signature follows. A
    signature whose answers have changed meanwhile and that has no row is beyond proof: None as well.
    """
    row = application.signatures.filter(digest=application.signed_digest).first()
    if row is None and is_valid(application):
        row, _made = Signature.objects.get_or_create(
            application=application,
            digest=application.signed_digest,
            defaults={
                "business": application.business,
                "record": packed(content(application)),
                "language": application.signed_language or application.business.language,
                "signed_at": application.signed_at,
            },
        )
    return row


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature looked up by its reference: what it says, and whether its digest was recomputed as the same."""

    reference: str
    digest: str
    recomputed: str
    code: str
    business: str
    language: str
    record: str
    values: dict
    is_latest: bool

    @property
    def holds(self):
        """Whether the record still is what was signed."""
        return self.recomputed == self.digest

    @property
    def signed_at(self):
        return datetime.fromisoformat(self.values["signed_at"])

    @property
    def lines(self):
        return self.values["shown"].split("\n")


def proof(reference):
    """Look a signature up by the reference that stands on its PDF, for anybody who holds one; None when unknown."""
    with every_business():
        row = Signature.objects.select_related("application", "business").filter(reference=reference).first()
        return proof_of(row) if row else None


def proof_of(row):
    """A ``Signature`` row with its digest recomputed from the record."""
    return Proof(
        reference=str(row.reference),
        digest=row.digest,
        recomputed=digest_of(row.record),
        code=row.application.code,
        business=row.business.name,
        language=row.language,
        record=row.record,
        values=json.loads(row.record),
        is_latest=row.application.signed_digest == row.digest,
    )
