"""Businesses and who is in them."""

import secrets

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from tenants import audit
from tenants.enums import Role
from tenants.exceptions import NotPossible
from tenants.models import Business, Membership
from tenants.tenancy import business_scope


def create(name, *, owner, country="", language="es", time_zone="America/Bogota"):
    """Make a business with ``owner`` as its first member. The address is taken from the name and made unique."""
    base = slugify(name)[:50] or "business"
    for suffix in ("", *(f"-{secrets.token_hex(2)}" for _try in range(5))):
        try:
            with transaction.atomic():
                business = Business.objects.create(
                    name=name, slug=base + suffix, country=country, language=language, time_zone=time_zone
                )
                Membership.objects.create(business=business, user=owner, role=Role.OWNER)
            break
        except IntegrityError:
            continue
    else:
        raise NotPossible(_("No free address was found for this name. Try a longer name."))
    with business_scope(business):
        audit.record(audit.to_translate("business created"), name, actor=owner)
    return business


def change_role(membership, role, *, actor):
    """Give a member another role. A business keeps at least one owner."""
    _keep_an_owner(membership, leaving=role != Role.OWNER)
    old, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    audit.record(audit.to_translate("role changed"), membership.user, actor=actor, old=old, new=role)


def remove(membership, *, actor):
    """Take a member out. Their open pages lose their live stream within seconds."""
    _keep_an_owner(membership, leaving=True)
    audit.record(audit.to_translate("member removed"), membership.user, actor=actor, role=membership.role)
    membership.delete()


def _keep_an_owner(membership, *, leaving):
    if membership.role != Role.OWNER or not leaving:
        return
    owners = Membership.objects.select_for_update().filter(business_id=membership.business_id, role=Role.OWNER)
    if len(owners) < 2:
        raise NotPossible(_("A business needs an owner. Make somebody else an owner first."))
