"""Asking people to join a business. The link carries a token that is stored as a digest only."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from config.clock import now
from tenants import audit, mail
from tenants.exceptions import NotPossible
from tenants.models import Invitation, Membership
from tenants.tenancy import business_scope


def invite(business, email, role, *, actor):
    """Write an invitation and its mail. Inviting the same address again replaces the open invitation."""
    email = email.strip().lower()
    if Membership.objects.filter(business=business, user__email=email).exists():
        raise NotPossible(_("This person is already a member."))
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            Invitation.objects.filter(business=business, email=email, accepted_at=None, revoked_at=None).update(
                revoked_at=now()
            )
            invitation = Invitation.objects.create(
                business=business,
                email=email,
                role=role,
                token_digest=_digest(token),
                invited_by=actor,
                expires_at=now() + timedelta(days=settings.INVITATION_DAYS),
            )
    except IntegrityError as exc:
        raise NotPossible(_("A colleague has just invited this person.")) from exc
    mail.queue(
        "tenants/email/invitation",
        email,
        language=business.language,
        business=business,
        inviter=actor,
        role=invitation.get_role_display(),
        link=settings.PUBLIC_URL + reverse("tenants:invitation_accept", args=[token]),
        days=settings.INVITATION_DAYS,
    )
    audit.record(audit.to_translate("member invited"), email, actor=actor, role=role)
    return invitation


def find(token):
    """The open invitation behind a link's token, or ``None``."""
    return (
        Invitation.objects.select_related("business")
        .filter(token_digest=_digest(token), accepted_at=None, revoked_at=None, expires_at__gt=now())
        .first()
    )


def accept(invitation, user):
    """Make ``user`` a member; of two clicks at once one counts, and both end well."""
    with transaction.atomic():
        taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(accepted_at=now())
        if taken:
            Membership.objects.get_or_create(
                business=invitation.business, user=user, defaults={"role": invitation.role}
            )
    if taken:
        with business_scope(invitation.business):
            audit.record(audit.to_translate("invitation accepted"), user, actor=user, role=invitation.role)
    return invitation.business


def revoke(invitation, *, actor):
    """Make the link useless."""
    if Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(revoked_at=now()):
        audit.record(audit.to_translate("invitation revoked"), invitation.email, actor=actor)


def _digest(token):
    return hashlib.sha256(token.encode()).hexdigest()
