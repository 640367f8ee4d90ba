"""The automatic checks of a channel: questions to the provider, asked once each, and what their answers mean.

Everything here runs outside any scope, on plain values. A check returns a ``Finding``; a ``ProviderError`` that it
raises means that nothing was learnt.
"""

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from django.conf import settings

from config.clock import now
from onboarding import gateway
from onboarding.advisor import CURRENT, NONE, OLD, judge_platform, needed_platform
from onboarding.models import Actor, CheckKind, CheckState
from providers.base import NameStatus, NumberStatus, ProviderError

NEEDED_SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")
"""What adding, reading and sending need (docs "Permissions", onboarding reference §5.6, 2026-03)."""
TOKEN_ENDS_SOON = 7 * 86400
INVALID_TOKEN = {0, 190}
PAYMENT_CODES = {131042}
PROFILE_PARTS = ("about", "address", "email", "websites")


@dataclass(frozen=True, slots=True)
class Case:
    """What a worker needs of a channel to ask its questions."""

    setup_pk: int
    phone_number_id: str
    waba_id: str
    token: str
    provider: str
    registered: bool
    has_pin: bool
    platform: str
    platform_version: str
    wanted: tuple[str, ...]
    repairs: tuple[str, ...] = ()
    pin: str = field(default="", repr=False)
    profile: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: ``error`` is a key of ``channel_words``; ``evidence`` what it saw, as plain values."""

    state: str
    error: str = ""
    who: str = Actor.NOBODY
    evidence: dict = field(default_factory=dict)
    code: int | None = None
    details: str = ""


def passed(**evidence):
    return Finding(CheckState.PASSED, evidence=evidence)


def failed(error, who, **evidence):
    return Finding(CheckState.FAILED, error, who, evidence)


def waiting(error, who, **evidence):
    return Finding(CheckState.WAITING, error, who, evidence)


class Look:
    """The provider's answers for one round; each question is asked at most once, and ``calls`` counts them."""

    def __init__(self, case):
        self.case, self.calls = case, 0
        self._line = gateway.line(access_token=case.token, provider=case.provider, subject=f"channel:{case.setup_pk}")

    def ask(self, question, *args, **kwargs):
        """One question to the provider by its name."""
        self.calls += 1
        return getattr(self._line, question)(*args, **kwargs)

    @cached_property
    def number(self):
        return self.ask("fetch_phone_number", self.case.phone_number_id)

    @cached_property
    def profile(self):
        return self.ask("fetch_profile", self.case.phone_number_id)

    @cached_property
    def subscriptions(self):
        return self.ask("list_subscribed_apps", self.case.waba_id)

    @cached_property
    def addresses(self):
        return self.ask("fetch_webhook_addresses", self.case.phone_number_id)

    @cached_property
    def token(self):
        return self.ask("debug_token", self.case.token or settings.WHATSAPP_ACCESS_TOKEN)

    @cached_property
    def health(self):
        return self.ask("fetch_health", self.case.waba_id)


def platform(case, look):
    """The contact center's version against the first one that works (dated data, the advisor's figure)."""
    needed = needed_platform()
    if not case.platform and not case.platform_version:
        return waiting("platform_unknown", Actor.YOU, needed=needed)
    judged = judge_platform(case.platform, case.platform_version)
    said = {"needed": needed, "version": case.platform_version, "platform": judged}
    if judged == OLD:
        return failed("platform_old", Actor.YOU, **said)
    return passed(**said)


def number(case, look):
    report = look.number
    status = report.status or NumberStatus.UNKNOWN
    seen = {"status": str(status), "verified": str(report.code_verification or "")}
    if not case.registered or status in {NumberStatus.PENDING, NumberStatus.UNVERIFIED}:
        return failed("number_not_registered", Actor.YOU, **seen)
    if status in {NumberStatus.CONNECTED, NumberStatus.FLAGGED}:
        return passed(**seen)
    if status == NumberStatus.RATE_LIMITED:
        return waiting("number_slowed", Actor.META, **seen)
    if status in {NumberStatus.BANNED, NumberStatus.RESTRICTED}:
        return failed("number_stopped", Actor.YOU, **seen)
    return failed("number_disconnected", Actor.US, **seen)


def name(case, look):
    report = look.number
    status = report.name_status or NameStatus.UNKNOWN
    seen = {"name": report.verified_name, "status": str(status)}
    if status.is_usable:
        return passed(**seen)
    if status == NameStatus.PENDING_REVIEW:
        return waiting("name_pending", Actor.META, **seen)
    if status == NameStatus.DECLINED:
        return failed("name_declined", Actor.YOU, **seen)
    return failed("name_unusable", Actor.US, **seen)


def pin(case, look):
    """``is_pin_enabled``; where the provider doesn't tell, the PIN that we set ourselves counts."""
    told = look.number.is_pin_enabled
    if told or (told is None and case.has_pin):
        return passed(told=told is not None)
    return failed("pin_off", Actor.US)


def permissions(case, look):
    """What the token may do, and whether this account is among those that it is for."""
    try:
        report = look.token
    except ProviderError as error:
        if error.code in INVALID_TOKEN:
            return Finding(CheckState.FAILED, "token_invalid", Actor.US, {}, error.code, error.details or str(error))
        raise
    if not report.is_valid:
        return failed("token_invalid", Actor.US)
    granted = set(report.scopes) | set(report.targets)
    missing = [scope for scope in NEEDED_SCOPES if scope not in granted]
    seen = {"scopes": [scope for scope in NEEDED_SCOPES if scope in granted], "expires_at": report.expires_at or 0}
    if missing:
        return failed("permission_missing", Actor.US, missing=missing, **seen)
    elsewhere = [
        scope for scope in NEEDED_SCOPES if report.targets.get(scope) and case.waba_id not in report.targets[scope]
    ]
    if elsewhere:
        return failed("permission_elsewhere", Actor.US, missing=elsewhere, **seen)
    if report.expires_at and report.expires_at - now().timestamp() < TOKEN_ENDS_SOON:
        return failed("token_ends", Actor.US, **seen)
    return passed(**seen)


def webhook(case, look):
    """Our app is subscribed, and the messages of this number come to our address."""
    expected = settings.WHATSAPP_CALLBACK_URL
    ours = settings.WHATSAPP_APP_ID
    mine = [row for row in look.subscriptions if not ours or row.app_id == ours]
    if not mine:
        return failed("webhook_not_subscribed", Actor.US, expected=expected)
    told = look.addresses
    actual = told.number or told.waba or next((row.callback_url for row in mine if row.callback_url), "")
    actual = actual or told.application
    level = "number" if told.number else "waba" if told.waba or actual != told.application else "app"
    seen = {"expected": expected, "actual": actual, "level": level}
    if actual and not same_address(actual, expected):
        return failed("webhook_elsewhere", Actor.US, **seen)
    return passed(**seen)


def same_address(one, other):
    """Whether two addresses are the same place; a slash at the end and capitals in the host make no difference."""
    return _plain(one) == _plain(other)


def _plain(address):
    parts = urlsplit(address)
    port = parts.port if parts.port not in {80, 443} else None
    return parts.scheme.lower(), (parts.hostname or "").lower(), port, parts.path.rstrip("/"), parts.query


def profile(case, look):
    """What people see of the business; a missing picture is said, but holds nothing up."""
    seen = look.profile
    missing = [part for part in PROFILE_PARTS if not getattr(seen, part)]
    found = {
        "about": seen.about, "address": seen.address, "email": seen.email, "websites": list(seen.websites),
        "picture": bool(seen.picture_url),
    }  # fmt: skip
    return failed("profile_incomplete", Actor.US, missing=missing, **found) if missing else passed(**found)


def payment(case, look):
    """Meta tells of a missing payment method only as a problem of the account's health (reference §5.10, 131042)."""
    for problem in look.health.problems:
        words = f"{problem.description} {problem.possible_solution}".lower()
        if problem.code in PAYMENT_CODES or "payment" in words or "billing" in words:
            found = failed("payment_missing", Actor.YOU)
            return Finding(found.state, found.error, found.who, {}, problem.code, problem.description)
    return passed(health=str(look.health.state))


CHECKS = {
    CheckKind.PLATFORM: platform,
    CheckKind.NUMBER: number,
    CheckKind.NAME: name,
    CheckKind.PIN: pin,
    CheckKind.PERMISSIONS: permissions,
    CheckKind.WEBHOOK: webhook,
    CheckKind.PROFILE: profile,
    CheckKind.PAYMENT: payment,
}
"""The round trip isn't among them: nothing but real messages makes it pass."""


# Putting right


def repair_webhook(case, look):
    """Subscribe our app anew, without an address of its own for this account or this number."""
    look.ask("subscribe_app", case.waba_id)
    if look.ask("fetch_webhook_addresses", case.phone_number_id).number:
        look.ask("clear_webhook_address", case.phone_number_id)


def repair_profile(case, look):
    """Publish what the application says, where the profile has nothing."""
    shown = look.ask("fetch_profile", case.phone_number_id)
    missing = {part: value for part, value in case.profile.items() if value and not getattr(shown, part)}
    if missing:
        look.ask("update_profile", case.phone_number_id, **missing)


def repair_pin(case, look):
    """Set the PIN that we keep for this number."""
    look.ask("set_pin", case.phone_number_id, pin=case.pin)


REPAIRS = {
    CheckKind.WEBHOOK: repair_webhook,
    CheckKind.PROFILE: repair_profile,
    CheckKind.PIN: repair_pin,
}
PLATFORMS = (NONE, OLD, CURRENT)
