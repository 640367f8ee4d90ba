"""Portfolios, WhatsApp Business Accounts, subscriptions, and the tokens that Embedded Signup brings.

Meta: "WhatsApp Business Account", "Embedded Signup: onboarding business customers" (2025-12, 2026-06).
"""

from collections.abc import Mapping
from typing import Any

from providers.base import (
    Action,
    BusinessReport,
    BusinessVerification,
    Health,
    HealthProblem,
    HealthReport,
    MessagingLimit,
    ProviderError,
    ReviewDecision,
    Subscription,
    TokenGrant,
    TokenReport,
    WabaReport,
)
from providers.cloud_api.reading import Words, flag, mapping, number, sequence, text
from providers.cloud_api.request import Request, get, given, path

WABA_FIELDS = (
    "id,name,status,currency,timezone_id,country,owner_business_info,account_review_status,"
    "business_verification_status,whatsapp_business_manager_messaging_limit"
)


def fetch_business(business_id: str) -> Request:
    """Ask for a portfolio's name and verification."""
    return get(business_id, fields="id,name,verification_status")


def parse_business(data: Any) -> BusinessReport:
    """A portfolio out of a Graph answer."""
    answer = mapping(data)
    word = Words(answer)
    return BusinessReport(
        id=text(answer.get("id")),
        name=text(answer.get("name")),
        verification=word(BusinessVerification, "verification_status") or BusinessVerification.UNKNOWN,
        unknown_words=word.unknown,
        raw=answer,
    )


def create_waba(business_id: str, *, name: str, currency: str, timezone_id: str) -> Request:
    """Ask for a new WABA in a portfolio.

    Meta makes WABAs inside Embedded Signup, where the client agrees to the terms; this edge is the one that the
    Graph API has for partners and that the sandbox answers.
    """
    body = {"name": name, "currency": currency, "timezone_id": timezone_id}
    return Request("POST", path(business_id, "owned_whatsapp_business_accounts"), json=body)


def fetch_waba(waba_id: str) -> Request:
    """Ask for one WABA."""
    return get(waba_id, fields=WABA_FIELDS)


def list_wabas(business_id: str, *, owned: bool = True, after: str = "", limit: int = 100) -> Request:
    """Ask for the WABAs that a portfolio owns, or that its clients shared with it."""
    edge = "owned_whatsapp_business_accounts" if owned else "client_whatsapp_business_accounts"
    return get(business_id, edge, fields=WABA_FIELDS, limit=limit, after=after)


def parse_waba(data: Any) -> WabaReport:
    """A WABA out of a Graph answer; list items have it as a number at times."""
    answer = mapping(data)
    word = Words(answer)
    owner = mapping(answer.get("owner_business_info"))
    return WabaReport(
        id=text(answer.get("id")),
        name=text(answer.get("name")),
        currency=text(answer.get("currency")),
        timezone_id=text(answer.get("timezone_id")),
        country=text(answer.get("country")),
        status=text(answer.get("status")),
        owner_business_id=text(owner.get("id")),
        owner_business_name=text(owner.get("name")),
        business_verification=word(BusinessVerification, "business_verification_status"),
        account_review=word(ReviewDecision, "account_review_status"),
        messaging_limit=word(MessagingLimit, "whatsapp_business_manager_messaging_limit"),
        unknown_words=word.unknown,
        raw=answer,
    )


def fetch_health(node_id: str) -> Request:
    """Ask whether a number, WABA or template can take part in sending, and why not."""
    return get(node_id, fields="health_status")


def parse_health(data: Any) -> HealthReport:
    """The health of a node; also what holds it back."""
    answer = mapping(mapping(data).get("health_status"))
    problems = []
    for entity in map(mapping, sequence(answer.get("entities"))):
        state = Health(text(entity.get("can_send_message")))
        if state is Health.AVAILABLE:
            continue
        reasons = [mapping(error) for error in sequence(entity.get("errors"))]
        reasons += [{"error_description": note} for note in sequence(entity.get("additional_info"))]
        problems += [
            HealthProblem(
                entity_type=text(entity.get("entity_type")),
                entity_id=text(entity.get("id")),
                state=state,
                code=number(reason.get("error_code")),
                description=text(reason.get("error_description")),
                possible_solution=text(reason.get("possible_solution")),
            )
            for reason in reasons or [{}]
        ]
    return HealthReport(Health(text(answer.get("can_send_message"))), tuple(problems))


def subscribe_app(waba_id: str, *, callback_url: str = "", verify_token: str = "") -> Request:
    """Send the news about a WABA to our app, its messages to an address of their own if one is given."""
    override = given(
        {
            "override_callback_uri": callback_url,
            "verify_token": verify_token if callback_url else "",
        }
    )
    return Request("POST", path(waba_id, "subscribed_apps"), json=override, idempotent=True)


def unsubscribe_app(waba_id: str) -> Request:
    """Stop the news about a WABA."""
    return Request("DELETE", path(waba_id, "subscribed_apps"), idempotent=True)


def list_subscribed_apps(waba_id: str) -> Request:
    """Ask which apps get the news about a WABA."""
    return get(waba_id, "subscribed_apps")


def parse_subscription(data: Any) -> Subscription:
    """One item of the list of subscribed apps."""
    answer = mapping(data)
    app = mapping(answer.get("whatsapp_business_api_data"))
    return Subscription(
        text(app.get("id")),
        text(app.get("name")),
        text(answer.get("override_callback_uri")),
    )


def exchange_code(*, app_id: str, app_secret: str, code: str, redirect_uri: str = "") -> Request:
    """Turn the code of Embedded Signup into a token; the code lives 30 seconds and works once.

    A code that came by redirect needs the address it came to, letter by letter; one of the JavaScript SDK has none.
    """
    query = {"client_id": app_id, "client_secret": app_secret, "code": code, "redirect_uri": redirect_uri}
    return Request("GET", "oauth/access_token", query=given(query), auth="", secret_fields=frozenset({"code"}))


def assign_user(waba_id: str, *, user_id: str, tasks: tuple[str, ...]) -> Request:
    """Let a system user of ours work with a client's WABA; asked with that system user's admin token."""
    listed = "[" + ",".join(f"'{task}'" for task in tasks) + "]"
    return Request("POST", path(waba_id, "assigned_users"), json={"user": user_id, "tasks": listed}, idempotent=True)


def parse_token(data: Any) -> TokenGrant:
    """The token that a code was worth."""
    answer = mapping(data)
    token = text(answer.get("access_token"))
    if not token:
        raise ProviderError("The answer has no token.", http_status=200, action=Action.FIX)
    return TokenGrant(token, number(answer.get("expires_in")))


def debug_token(input_token: str) -> Request:
    """Ask what a token may do and for which WABAs."""
    return get("debug_token", input_token=input_token)


def parse_token_report(data: Any) -> TokenReport:
    """What a token may do."""
    answer = mapping(mapping(data).get("data"))
    targets: Mapping[str, tuple[str, ...]] = {
        text(scope.get("scope")): tuple(filter(None, map(text, sequence(scope.get("target_ids")))))
        for scope in map(mapping, sequence(answer.get("granular_scopes")))
    }
    return TokenReport(
        is_valid=flag(answer.get("is_valid")) is True,
        app_id=text(answer.get("app_id")),
        expires_at=number(answer.get("expires_at")),
        scopes=tuple(filter(None, map(text, sequence(answer.get("scopes"))))),
        targets=targets,
    )
