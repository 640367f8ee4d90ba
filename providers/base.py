"""The only words the apps know for what a WhatsApp provider says: reports, results, errors, the gateway protocol.

Nothing here names a field or an endpoint of one provider, and nothing imports Django. Lists of words are open: a word
that nobody has seen yet becomes ``UNKNOWN``, and the report keeps what was said in ``unknown_words``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from providers.errors import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from providers.words import (
    Acceptance,
    Badge,
    BusinessVerification,
    CodeVerification,
    Health,
    MessagingLimit,
    NameStatus,
    NumberStatus,
    OpenEnum,
    Quality,
    ReviewDecision,
    TemplateKind,
    TemplateState,
)

__all__ = [
    "Acceptance",
    "Action",
    "Badge",
    "BlockResult",
    "BusinessReport",
    "BusinessVerification",
    "CodeVerification",
    "Credentials",
    "Health",
    "HealthProblem",
    "HealthReport",
    "MediaFile",
    "MediaInfo",
    "MessagingLimit",
    "NameStatus",
    "NumberStatus",
    "OpenEnum",
    "OutcomeUnknown",
    "Page",
    "PhoneNumberReport",
    "Profile",
    "ProviderError",
    "ProviderUnavailable",
    "Quality",
    "Recipient",
    "Report",
    "ReviewDecision",
    "SendAccepted",
    "ShortLink",
    "Subscription",
    "TemplateKind",
    "TemplateReport",
    "TemplateState",
    "TokenGrant",
    "TokenReport",
    "WabaReport",
    "WebhookAddresses",
    "WhatsAppProvider",
]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where to ask and who asks. Its repr never shows a secret."""

    graph_url: str
    access_token: str = field(repr=False)
    version: str = "v26.0"
    app_secret: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"Credentials({self.graph_url!r}, {self.version!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the provider told about one of its objects; ``raw`` is all it said."""

    id: str
    unknown_words: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessReport(Report):
    """A business portfolio."""

    name: str = ""
    verification: BusinessVerification = BusinessVerification.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class WabaReport(Report):
    """A WhatsApp Business Account."""

    name: str = ""
    currency: str = ""
    timezone_id: str = ""
    country: str = ""
    status: str = ""
    owner_business_id: str = ""
    owner_business_name: str = ""
    business_verification: BusinessVerification | None = None
    account_review: ReviewDecision | None = None
    messaging_limit: MessagingLimit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumberReport(Report):
    """A business number. ``None`` and empty text mean that the provider didn't say."""

    display_phone_number: str = ""
    verified_name: str = ""
    name_status: NameStatus | None = None
    new_display_name: str = ""
    new_name_status: NameStatus | None = None
    code_verification: CodeVerification | None = None
    status: NumberStatus | None = None
    quality: Quality | None = None
    messaging_limit: MessagingLimit | None = None
    throughput: str = ""
    messages_per_second: int | None = None
    account_mode: str = ""
    platform_type: str = ""
    is_official: bool | None = None
    badge: Badge | None = None
    is_pin_enabled: bool | None = None
    is_on_business_app: bool | None = None
    last_onboarded_at: str = ""
    health: "HealthReport | None" = None

    @property
    def digits(self) -> str:
        """The number without signs, as it comes in news about it."""
        return "".join(sign for sign in self.display_phone_number if sign.isdigit())


@dataclass(frozen=True, slots=True)
class HealthProblem:
    """What limits or blocks sending, in the provider's words."""

    entity_type: str
    entity_id: str
    state: Health
    code: int | None
    description: str
    possible_solution: str


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether messages can be sent; the worst of all the parts."""

    state: Health
    problems: tuple[HealthProblem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateReport(Report):
    """A message template in one language. ``category`` may differ from the one that was asked for."""

    name: str = ""
    language: str = ""
    state: TemplateState = TemplateState.UNKNOWN
    category: TemplateKind | None = None
    correct_category: TemplateKind | None = None
    previous_category: str = ""
    sub_category: str = ""
    parameter_format: str = ""
    components: Sequence[Mapping[str, Any]] = ()
    quality: Quality | None = None
    rejected_reason: str = ""
    send_ttl_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What people see when they open a business's profile."""

    about: str = ""
    address: str = ""
    description: str = ""
    email: str = ""
    websites: tuple[str, ...] = ()
    vertical: str = ""
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """An app that gets the news about a WABA."""

    app_id: str
    name: str = ""
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class WebhookAddresses:
    """Where the messages of a number go: the number's own address, else its WABA's, else the app's."""

    application: str = ""
    waba: str = ""
    number: str = ""

    @property
    def in_force(self) -> str:
        """The one that counts; empty when the provider told none."""
        return self.number or self.waba or self.application


@dataclass(frozen=True, slots=True)
class ShortLink:
    """A link of the provider's own that opens a chat with a text already written."""

    code: str
    url: str
    prefilled_text: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom to write to: a phone number, a business-scoped user ID, or a group. The number wins over the ID."""

    phone: str = ""
    bsuid: str = ""
    group_id: str = ""


@dataclass(frozen=True, slots=True)
class SendAccepted:
    """The provider took a message; it isn't sent yet. ``wa_id`` may differ from the number that was asked for."""

    provider_message_id: str
    wa_id: str = ""
    user_id: str = ""
    group_id: str = ""
    acceptance: Acceptance = Acceptance.ACCEPTED


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """Where a file can be fetched; the address works for five minutes and needs the token."""

    id: str
    url: str
    mime_type: str = ""
    sha256: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A fetched file."""

    content: bytes = field(repr=False)
    mime_type: str = ""


@dataclass(frozen=True, slots=True)
class BlockResult:
    """Who was blocked or unblocked, and who wasn't, with the reason."""

    done: tuple[str, ...] = ()
    failed: Mapping[str, ProviderError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """An access token that the provider gave. Its repr doesn't show it."""

    access_token: str = field(repr=False)
    expires_in: int | None = None


@dataclass(frozen=True, slots=True)
class TokenReport:
    """What a token may do; ``targets`` maps a scope to the IDs it is for, the newest first."""

    is_valid: bool
    app_id: str = ""
    expires_at: int | None = None
    scopes: tuple[str, ...] = ()
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def shared_wabas(self) -> tuple[str, ...]:
        """The WABAs that the token may manage, the newest first."""
        return self.targets.get("whatsapp_business_management", ())

    @property
    def lacks(self) -> tuple[str, ...]:
        """What the token may not do that we need; the WhatsApp scopes may be named only beside their targets."""
        may = {*self.scopes, *self.targets}
        return tuple(
            scope for scope in ("whatsapp_business_management", "whatsapp_business_messaging") if scope not in may
        )


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list; ``after`` asks for the next part and is empty at the end."""

    items: tuple[Item, ...]
    after: str = ""


class WhatsAppProvider(Protocol):
    """A line to whoever hosts WABAs, built with one set of credentials.

    Every method may raise ``ProviderUnavailable`` (later), ``OutcomeUnknown`` (look before repeating) or
    ``ProviderError`` (no). ``providers.http.CloudApi`` is the whole list; these are the ones every provider has.
    """

    def fetch_business(self, business_id: str) -> BusinessReport: ...
    def create_waba(self, business_id: str, *, name: str, currency: str, timezone_id: str) -> str: ...
    def fetch_waba(self, waba_id: str) -> WabaReport: ...
    def subscribe_app(self, waba_id: str) -> None: ...
    def exchange_code(self, *, app_id: str, code: str, redirect_uri: str = "") -> TokenGrant: ...
    def debug_token(self, input_token: str) -> TokenReport: ...
    def assign_user(self, waba_id: str, *, user_id: str, tasks: tuple[str, ...] = ("MANAGE",)) -> None: ...
    def add_phone_number(self, waba_id: str, *, country_code: str, number: str, display_name: str) -> str: ...
    def fetch_phone_number(self, phone_number_id: str) -> PhoneNumberReport: ...
    def list_phone_numbers(self, waba_id: str) -> list[PhoneNumberReport]: ...
    def request_code(self, phone_number_id: str, *, method: str, language: str) -> None: ...
    def verify_code(self, phone_number_id: str, *, code: str) -> None: ...
    def register(self, phone_number_id: str, *, pin: str) -> None: ...
    def deregister(self, phone_number_id: str) -> None: ...
    def change_display_name(self, phone_number_id: str, *, display_name: str) -> None: ...
    def fetch_profile(self, phone_number_id: str) -> Profile: ...
    def update_profile(self, phone_number_id: str, **fields: Any) -> None: ...
    def create_template(self, waba_id: str, **definition: Any) -> TemplateReport: ...
    def iter_templates(self, waba_id: str) -> Iterator[TemplateReport]: ...
    def send(self, phone_number_id: str, *, to: Recipient, content: Mapping[str, Any]) -> SendAccepted: ...
