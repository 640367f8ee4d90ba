"""Who may open a page. The middleware decides the business, this decides the role."""

from functools import wraps

from django.core.exceptions import PermissionDenied

from tenants.enums import Role


def role_required(*roles):
    """Let only members with one of ``roles`` in; every role is allowed when none is named."""
    allowed = set(roles or Role.values)

    def decorate(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if request.role not in allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.allowed_roles = allowed
        return checked

    return decorate
