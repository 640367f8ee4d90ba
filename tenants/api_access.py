"""Who asks the REST API, and for which business.

A request is authenticated by an API key of a business, or by the browser session of a member, who names the business
in the ``X-Business`` header (its slug). The view then runs in that business's scope.
"""

import hashlib
import secrets

from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions, permissions

from config.clock import now
from tenants import api_scopes
from tenants.enums import Role
from tenants.models import ApiKey, Membership

KEY_PREFIX = "umb_"


def make_key():
    """A new API key and what is stored of it: ``(key, prefix, digest)``."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return key, key[:12], digest_of(key)


def digest_of(key):
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer umb_…``; the key belongs to one business and acts as its administrator.

    What it is limited to, ``InBusinessScope`` holds it to.
    """

    def authenticate(self, request):
        header = authentication.get_authorization_header(request).decode("latin-1").split()
        if len(header) != 2 or header[0].lower() != "bearer":
            return None
        key = ApiKey.objects.select_related("business").filter(digest=digest_of(header[1]), revoked_at=None).first()
        if key is None:
            raise exceptions.AuthenticationFailed(_("This API key doesn't exist or was revoked."))
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now())
        request.business, request.role = key.business, Role.ADMIN
        return None, key

    def authenticate_header(self, request):
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """A member's browser session; ``X-Business`` names the business by its slug."""

    def authenticate(self, request):
        result = super().authenticate(request)
        if result is None:
            return None
        slug = request.headers.get("X-Business", "")
        memberships = Membership.objects.select_related("business").filter(user=result[0])
        membership = memberships.filter(business__slug=slug).first() if slug else None
        if membership is None and not slug and memberships.count() == 1:
            membership = memberships.get()
        if membership is None:
            raise exceptions.PermissionDenied(_("Name one of your businesses in the X-Business header."))
        request.business, request.role = membership.business, membership.role
        return result


class ScopeMissing(exceptions.PermissionDenied):
    """The key is limited to other things."""

    default_code = "scope_missing"

    def __init__(self, scope):
        if scope:
            may = {"scope": scope, "what": api_scopes.label_of(scope)}
            super().__init__(_("This API key lacks the scope “%(scope)s” (%(what)s).") % may)
        else:
            super().__init__(_("This API key is limited, and no scope covers this."))
        self.extra = {
            "what_to_do": _("Give it the scope under Settings, API keys, or use another key."),
            "scope": scope,
        }


class InBusinessScope(permissions.BasePermission):
    """Only requests that speak for a business get in."""

    def has_permission(self, request, view):
        if getattr(request, "business", None) is None:
            raise exceptions.NotAuthenticated()
        if isinstance(request.auth, ApiKey) and request.auth.scopes is not None:
            scope = api_scopes.needed(view, request.method)
            if not request.auth.may(scope):
                raise ScopeMissing(scope)
        allowed = getattr(view, "allowed_roles", None)
        return allowed is None or request.role in allowed
