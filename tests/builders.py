"""One plain function per model, so that a test names what it is about and nothing else. Builders work for anyone."""

import itertools
from datetime import timedelta
from functools import wraps

from config.clock import now
from contactcenter.models import Conversation, Direction, Message, MessageSource, MessageStatus
from contacts.models import Contact, Identity, IdentityKind
from onboarding.models import OnboardingApplication, PhoneNumber, ProviderRoute, Waba
from sessions_24h.models import CustomerServiceWindow
from templates_hsm.models import MessageTemplate, TemplateStatus
from tenants.enums import Role
from tenants.models import Business, Membership, User
from tenants.tenancy import every_business

_numbers = itertools.count(1)


def for_anyone(build):
    @wraps(build)
    def wrapped(*args, **kwargs):
        with every_business():
            return build(*args, **kwargs)

    return wrapped


def business(name="Acme", **fields):
    n = next(_numbers)
    return Business.objects.create(name=name, slug=fields.pop("slug", f"{name.lower()}-{n}"), **fields)


def user(name="person", **fields):
    n = next(_numbers)
    return User.objects.create_user(f"{name}-{n}@example.com", "a-long-password", full_name=name.title(), **fields)


def staff(name="sam", **fields):
    return user(name, is_staff=True, is_superuser=True, **fields)


def member(of, name="member", role=Role.AGENT, **fields):
    person = user(name, **fields)
    Membership.objects.create(business=of, user=person, role=role)
    return person


@for_anyone
def application(of, **fields):
    n = next(_numbers)
    values = {"code": f"UM-{1000 + n}", "brand": of.name} | fields
    return OnboardingApplication.objects.create(business=of, **values)


@for_anyone
def waba(of, **fields):
    n = next(_numbers)
    values = {
        "provider": "sandbox",
        "waba_id": f"10000000000{n:04}",
        "name": of.name,
        "access_token": "sandbox-token",
    } | fields
    row = Waba.objects.create(business=of, **values)
    if row.waba_id:
        ProviderRoute.objects.create(kind="waba", provider_id=row.waba_id, business=of, target_pk=row.pk)
    return row


@for_anyone
def phone_number(of, **fields):
    n = next(_numbers)
    values = {
        "waba": fields.pop("waba", None) or waba(of),
        "e164": f"+57315555{n:04}",
        "phone_number_id": f"20000000000{n:04}",
        "display_name": of.name,
        "name_status": "approved",
        "status": "connected",
        "registered_at": now(),
        "live_at": now(),
    } | fields
    row = PhoneNumber.objects.create(business=of, **values)
    if row.phone_number_id:
        ProviderRoute.objects.create(
            kind="phone_number", provider_id=row.phone_number_id, business=of, target_pk=row.pk
        )
    return row


@for_anyone
def contact(of, name="Rosa", wa_id=None, **fields):
    n = next(_numbers)
    row = Contact.objects.create(business=of, name=name, name_key=name.lower(), **fields)
    Identity.objects.create(business=of, contact=row, kind=IdentityKind.WA_ID, value=wa_id or f"57300111{n:04}")
    return row


@for_anyone
def conversation(of, contact_name="Rosa", phone_number=None, contact=None, **fields):
    number = phone_number or globals()["phone_number"](of)
    person = contact or globals()["contact"](of, contact_name)
    return Conversation.objects.create(business=of, phone_number=number, contact=person, **fields)


@for_anyone
def window(conversation, *, hours_left=12.0):
    """A customer service window of this conversation that ends in ``hours_left`` hours (negative: it is closed)."""
    ends = now() + timedelta(hours=hours_left)
    return CustomerServiceWindow.objects.update_or_create(
        business=conversation.business,
        phone_number=conversation.phone_number,
        contact=conversation.contact,
        defaults={"last_inbound_at": ends - timedelta(hours=24), "expires_at": ends},
    )[0]


@for_anyone
def message(conversation, text="Hello", direction=Direction.INBOUND, **fields):
    n = next(_numbers)
    inbound = direction == Direction.INBOUND
    status = MessageStatus.RECEIVED if inbound else MessageStatus.SENT
    values = {
        "source": MessageSource.CONTACT if inbound else MessageSource.AGENT,
        "provider_id": f"wamid.test{n}",
        "kind": "text",
        "at": now(),
        "status": status,
        "rank": status.rank,
        "content": {"body": text},
    } | fields
    return Message.objects.create(
        business=conversation.business,
        conversation=conversation,
        phone_number=conversation.phone_number,
        contact=conversation.contact,
        direction=direction,
        text=text,
        **values,
    )


@for_anyone
def template(of, name="order_update", waba=None, **fields):
    account = waba or globals()["waba"](of)
    n = next(_numbers)
    values = {
        "language": "en",
        "category": "UTILITY",
        "components": [
            {
                "type": "BODY",
                "text": "Hello {{1}}, your order {{2}} is on its way.",
                "example": {"body_text": [["Rosa", "48213"]]},
            }
        ],
        "status": TemplateStatus.APPROVED,
        "provider_id": f"30000000000{n:04}",
    } | fields
    return MessageTemplate.objects.create(business=of, waba=account, name=name, **values)
