"""The gateway to Meta's Graph API, and to the sandbox, which speaks the same: one method per question."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from providers.base import (
    BlockResult,
    BusinessReport,
    HealthReport,
    MediaFile,
    MediaInfo,
    Page,
    PhoneNumberReport,
    Profile,
    Recipient,
    SendAccepted,
    ShortLink,
    Subscription,
    TemplateReport,
    TokenGrant,
    TokenReport,
    WabaReport,
    WebhookAddresses,
)
from providers.cloud_api import accounts, media, messages, numbers, short_links, templates
from providers.cloud_api.reading import parse_id, parse_page, parse_success
from providers.cloud_api.request import Request
from providers.transport import Transport

Item = TypeVar("Item")

MAX_PAGES = 200


class CloudApi(Transport):
    """A line to the Graph API with one set of credentials; see ``providers.base`` for what methods raise."""

    # Portfolios and accounts

    def fetch_business(self, business_id: str) -> BusinessReport:
        return accounts.parse_business(self.ask(accounts.fetch_business(business_id)))

    def create_waba(self, business_id: str, *, name: str, currency: str, timezone_id: str) -> str:
        """Make a WABA and return its ID; see ``accounts.create_waba`` for when that is possible."""
        request = accounts.create_waba(business_id, name=name, currency=currency, timezone_id=timezone_id)
        return parse_id(self.ask(request))

    def fetch_waba(self, waba_id: str) -> WabaReport:
        return accounts.parse_waba(self.ask(accounts.fetch_waba(waba_id)))

    def list_wabas(self, business_id: str, *, owned: bool = True) -> list[WabaReport]:
        return list(
            self._every(lambda after: accounts.list_wabas(business_id, owned=owned, after=after), accounts.parse_waba)
        )

    def fetch_health(self, node_id: str) -> HealthReport:
        return accounts.parse_health(self.ask(accounts.fetch_health(node_id)))

    def subscribe_app(self, waba_id: str, *, callback_url: str = "", verify_token: str = "") -> None:
        request = accounts.subscribe_app(waba_id, callback_url=callback_url, verify_token=verify_token)
        parse_success(self.ask(request))

    def unsubscribe_app(self, waba_id: str) -> None:
        parse_success(self.ask(accounts.unsubscribe_app(waba_id)))

    def list_subscribed_apps(self, waba_id: str) -> list[Subscription]:
        page = parse_page(self.ask(accounts.list_subscribed_apps(waba_id)), accounts.parse_subscription)
        return list(page.items)

    def exchange_code(self, *, app_id: str, code: str, redirect_uri: str = "") -> TokenGrant:
        """The token for a code of Embedded Signup; needs credentials with the app's secret."""
        request = accounts.exchange_code(
            app_id=app_id, app_secret=self.credentials.app_secret, code=code, redirect_uri=redirect_uri
        )
        return accounts.parse_token(self.ask(request))

    def assign_user(self, waba_id: str, *, user_id: str, tasks: tuple[str, ...] = ("MANAGE",)) -> None:
        """Let a system user of ours work with a WABA that a client has shared."""
        parse_success(self.ask(accounts.assign_user(waba_id, user_id=user_id, tasks=tasks)))

    def debug_token(self, input_token: str) -> TokenReport:
        return accounts.parse_token_report(self.ask(accounts.debug_token(input_token)))

    # Phone numbers

    def add_phone_number(
        self, waba_id: str, *, country_code: str, number: str, display_name: str, migrate: bool = False
    ) -> str:
        """Put a number into a WABA and return its ID."""
        request = numbers.add(
            waba_id, country_code=country_code, number=number, display_name=display_name, migrate=migrate
        )
        return parse_id(self.ask(request))

    def fetch_phone_number(self, phone_number_id: str) -> PhoneNumberReport:
        return numbers.parse(self.ask(numbers.fetch(phone_number_id)))

    def list_phone_numbers(self, waba_id: str) -> list[PhoneNumberReport]:
        return list(self._every(lambda after: numbers.list_all(waba_id, after=after), numbers.parse))

    def request_code(self, phone_number_id: str, *, method: str = "SMS", language: str = "en_US") -> None:
        parse_success(self.ask(numbers.request_code(phone_number_id, method=method, language=language)))

    def verify_code(self, phone_number_id: str, *, code: str) -> None:
        parse_success(self.ask(numbers.verify_code(phone_number_id, code=code)))

    def register(self, phone_number_id: str, *, pin: str, region: str = "") -> None:
        parse_success(self.ask(numbers.register(phone_number_id, pin=pin, region=region)))

    def deregister(self, phone_number_id: str) -> None:
        parse_success(self.ask(numbers.deregister(phone_number_id)))

    def set_pin(self, phone_number_id: str, *, pin: str) -> None:
        parse_success(self.ask(numbers.set_pin(phone_number_id, pin=pin)))

    def change_display_name(self, phone_number_id: str, *, display_name: str) -> None:
        parse_success(self.ask(numbers.change_display_name(phone_number_id, display_name=display_name)))

    def fetch_webhook_addresses(self, phone_number_id: str) -> WebhookAddresses:
        return numbers.parse_webhook_addresses(self.ask(numbers.fetch_webhook_addresses(phone_number_id)))

    def clear_webhook_address(self, phone_number_id: str) -> None:
        parse_success(self.ask(numbers.clear_webhook_address(phone_number_id)))

    def fetch_profile(self, phone_number_id: str) -> Profile:
        return numbers.parse_profile(self.ask(numbers.fetch_profile(phone_number_id)))

    def update_profile(self, phone_number_id: str, **fields: Any) -> None:
        parse_success(self.ask(numbers.update_profile(phone_number_id, **fields)))

    def request_official_account(self, phone_number_id: str, **application: Any) -> None:
        """Apply for the badge; arguments as in ``numbers.request_official_account``."""
        parse_success(self.ask(numbers.request_official_account(phone_number_id, **application)))

    def fetch_official_account(self, phone_number_id: str) -> PhoneNumberReport:
        """How the badge stands, as ``badge`` and ``is_official`` of a report with nothing else in it."""
        return numbers.parse(self.ask(numbers.fetch_official_account(phone_number_id)))

    # Short links

    def list_short_links(self, phone_number_id: str) -> list[ShortLink]:
        """The links of a number that open a chat with a text already written."""
        pages = self._every(lambda after: short_links.list_all(phone_number_id, after=after), short_links.parse)
        return list(pages)

    def create_short_link(self, phone_number_id: str, *, prefilled_text: str) -> ShortLink:
        """Make a link; look at ``list_short_links`` first when an earlier answer was lost."""
        return short_links.parse(self.ask(short_links.create(phone_number_id, prefilled_text=prefilled_text)))

    def update_short_link(self, phone_number_id: str, *, code: str, prefilled_text: str) -> ShortLink:
        request = short_links.update(phone_number_id, code=code, prefilled_text=prefilled_text)
        return short_links.parse(self.ask(request))

    def delete_short_link(self, phone_number_id: str, *, code: str) -> None:
        parse_success(self.ask(short_links.delete(phone_number_id, code=code)))

    # Templates

    def create_template(self, waba_id: str, **definition: Any) -> TemplateReport:
        """Hand a template in; the report has the state and the category that Meta chose at once."""
        request = templates.create(waba_id, **definition)
        answer = self.ask(request)
        parse_id(answer)
        return templates.parse(answer, asked=request.json)

    def list_templates(self, waba_id: str, *, after: str = "", **filters: Any) -> Page[TemplateReport]:
        answer = self.ask(templates.list_all(waba_id, after=after, **filters))
        return parse_page(answer, templates.parse)

    def iter_templates(self, waba_id: str, **filters: Any) -> Iterator[TemplateReport]:
        """All templates of a WABA, page by page."""
        return self._every(lambda after: templates.list_all(waba_id, after=after, **filters), templates.parse)

    def fetch_template(self, template_id: str) -> TemplateReport:
        return templates.parse(self.ask(templates.fetch(template_id)))

    def edit_template(self, template_id: str, **changes: Any) -> None:
        parse_success(self.ask(templates.edit(template_id, **changes)))

    def delete_template(self, waba_id: str, *, name: str, template_id: str = "") -> None:
        parse_success(self.ask(templates.delete(waba_id, name=name, template_id=template_id)))

    def unpause_template(self, template_id: str) -> None:
        parse_success(self.ask(templates.unpause(template_id)))

    def archive_templates(self, waba_id: str, template_ids: list[str]) -> None:
        templates.check_archived(self.ask(templates.archive(waba_id, template_ids)))

    def unarchive_templates(self, waba_id: str, template_ids: list[str]) -> None:
        templates.check_archived(self.ask(templates.archive(waba_id, template_ids, back=True)))

    def upload_sample(self, app_id: str, *, content: bytes, mime_type: str, filename: str = "") -> str:
        """Upload the sample of a template's header (or a profile picture) and return its handle."""
        request = media.open_upload(app_id, size=len(content), mime_type=mime_type, filename=filename)
        session_id = parse_id(self.ask(request))
        return media.parse_handle(self.ask(media.continue_upload(session_id, content=content)))

    # Messages

    def send(
        self,
        phone_number_id: str,
        *,
        to: Recipient | str,
        content: Mapping[str, Any],
        reply_to: str = "",
        reference: str = "",
    ) -> SendAccepted:
        """Send content in our own shape (``messages.outgoing``); ``OutcomeUnknown`` when no answer came."""
        request = messages.outgoing(phone_number_id, to=to, content=content, reply_to=reply_to, reference=reference)
        return messages.parse_accepted(self.ask(request))

    def send_text(
        self, phone_number_id: str, *, to: Recipient | str, text: str, reply_to: str = "", reference: str = ""
    ) -> SendAccepted:
        content = {"type": "text", "body": text}
        return self.send(phone_number_id, to=to, content=content, reply_to=reply_to, reference=reference)

    def send_template(
        self,
        phone_number_id: str,
        *,
        to: Recipient | str,
        name: str,
        language: str,
        components: Sequence[Mapping[str, Any]] = (),
        reference: str = "",
    ) -> SendAccepted:
        content = {"type": "template", "name": name, "language": language, "components": components}
        return self.send(phone_number_id, to=to, content=content, reference=reference)

    def mark_read(self, phone_number_id: str, *, message_id: str, typing: bool = False) -> None:
        parse_success(self.ask(messages.mark_read(phone_number_id, message_id=message_id, typing=typing)))

    def block_users(self, phone_number_id: str, people: Sequence[Recipient | str]) -> BlockResult:
        return messages.parse_block(self.ask(messages.block_users(phone_number_id, people)))

    def unblock_users(self, phone_number_id: str, people: Sequence[Recipient | str]) -> BlockResult:
        return messages.parse_block(self.ask(messages.block_users(phone_number_id, people, unblock=True)))

    def list_blocked(self, phone_number_id: str) -> list[str]:
        pages = self._every(lambda after: messages.list_blocked(phone_number_id, after=after), messages.parse_blocked)
        return [person for people in pages for person in people]

    # Files

    def upload_media(self, phone_number_id: str, *, content: bytes, mime_type: str, filename: str) -> str:
        """Upload a file for sending and return its ID."""
        request = media.upload(phone_number_id, content=content, mime_type=mime_type, filename=filename)
        return parse_id(self.ask(request))

    def fetch_media(self, media_id: str, *, phone_number_id: str = "") -> MediaInfo:
        return media.parse_info(self.ask(media.fetch(media_id, phone_number_id=phone_number_id)))

    def download_media(self, url: str) -> MediaFile:
        return self.fetch_file(url)

    def delete_media(self, media_id: str, *, phone_number_id: str = "") -> None:
        parse_success(self.ask(media.delete(media_id, phone_number_id=phone_number_id)))

    def _every(
        self, question: Callable[[str], Request], parse_item: Callable[[Mapping[str, Any]], Item]
    ) -> Iterator[Item]:
        """Every item of a list; a cursor that repeats itself ends it."""
        after, seen = "", set()
        for _ in range(MAX_PAGES):
            page = parse_page(self.ask(question(after)), parse_item)
            yield from page.items
            after = page.after
            if not after or after in seen:
                return
            seen.add(after)
