"""The businesses of the demo and who is in them."""

from functools import cache

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils import translation

from config.clock import now
from config.demo_people import PASSWORD, PEOPLE
from tenants.enums import Role
from tenants.models import Business, Membership, User
from tenants.services import businesses, invitations
from tenants.tenancy import business_scope

NAMES = {
    "staff@umbral.example": ("Mariela Duarte", "es"),
    "carolina@enviosdelvalle.example": ("Carolina Rengifo", "es"),
    "lucia@enviosdelvalle.example": ("Lucía Mena", "es"),
    "harper@northgate.example": ("Harper Ellis", "en"),
    "miles@northgate.example": ("Miles Okafor", "en"),
    "andres@enviosdelvalle.example": ("Andrés Lozano", "es"),
    "paula@puertasabiertas.example": ("Paula Ibarra", "es"),
}
STAFF, CAROLINA, LUCIA, HARPER, MILES = (email for email, _what in PEOPLE)
ANDRES, PAULA = "andres@enviosdelvalle.example", "paula@puertasabiertas.example"
"""A supervisor, and an adviser who opens doors for small companies: the extra applications are hers."""


@cache
def _password():
    """The same hash for everybody: it protects nothing, and a hash takes its time."""
    return make_password(PASSWORD)


def person(email):
    """Somebody of the demo, with a confirmed address and the rehearsal's password."""
    user = User.objects.filter(email=email).first()
    if user is None:
        name, language = NAMES[email]
        rights = {"is_staff": True, "is_superuser": True} if email == STAFF else {}
        user = User(email=email, full_name=name, language=language, date_joined=now(), password=_password(), **rights)
        user.save()
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def business(name, *, owner, country, language, time_zone):
    """A business by its name, made for ``owner`` when there is none."""
    found = Business.objects.filter(name=name, memberships__user=owner, memberships__role=Role.OWNER).first()
    return found or businesses.create(name, owner=owner, country=country, language=language, time_zone=time_zone)


def join(business, email, role, *, invited_by):
    """Invite somebody of the demo and let them accept."""
    user = person(email)
    if not Membership.objects.filter(business=business, user=user).exists():
        with business_scope(business), translation.override(business.language):
            invitation = invitations.invite(business, email, role, actor=invited_by)
        invitations.accept(invitation, user)
    return user


def invite(business, email, role, *, invited_by):
    """Leave an invitation open, so that its mail can be read."""
    with business_scope(business), translation.override(business.language):
        if not business.invitations.filter(email=email).exists():
            invitations.invite(business, email, role, actor=invited_by)
