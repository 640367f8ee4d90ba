"""The ground of the REST API: views that run in a business's scope, and errors of one shape."""

import contextlib

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import JsonResponse
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.views import APIView
from rest_framework.views import exception_handler as default_handler

from tenants.tenancy import business_scope

DATABASE_AWAY = (OperationalError, InterfaceError)
RETRY_AFTER = "2"


class BusinessAPIView(APIView):
    """A view of one business's data. Handlers run in its scope, so nothing in them may wait for a network.

    ``allowed_roles`` limits who may call it (an API key counts as an administrator).
    """

    allowed_roles = None

    def dispatch(self, request, *args, **kwargs):
        self._scope = None
        try:
            response = super().dispatch(request, *args, **kwargs)
            self._leave(None)
            return response
        except DATABASE_AWAY as exc:
            # Nothing was promised; the same request may be made again.
            self._leave(exc)
            return JsonResponse({"error": _away()}, status=503, headers={"Retry-After": RETRY_AFTER})
        except BaseException as exc:
            self._leave(exc)
            raise

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        scope = business_scope(request.business)
        scope.__enter__()
        self._scope = scope

    def handle_exception(self, exc):
        """Whatever went wrong, nothing of it stays: also when nobody knows how to answer and it is raised again."""
        try:
            return super().handle_exception(exc)
        finally:
            self._leave(exc)

    def _leave(self, exc):
        scope, self._scope = self._scope, None
        if scope is None:
            return
        if exc is None:
            scope.__exit__(None, None, None)
            return
        with contextlib.suppress(type(exc), DatabaseError):
            scope.__exit__(type(exc), exc, exc.__traceback__)


def _away():
    return {"code": "unavailable", "message": _("The database can't be reached. Ask again in a moment.")}


def exception_handler(exc, context):
    """Every error has one shape: ``{"error": {"code", "message", "fields"?}}``; what to do is in the message."""
    response = default_handler(exc, context)
    if response is None:
        return None
    code = getattr(exc, "default_code", "error")
    body = {"code": getattr(getattr(exc, "detail", None), "code", None) or code}
    if isinstance(exc, exceptions.ValidationError):
        body["code"] = "invalid"
        body["message"] = _("Some values can't be accepted. Each is named with the reason.")
        body["fields"] = response.data if isinstance(response.data, dict) else {"": response.data}
    else:
        body["message"] = str(getattr(exc, "detail", exc))
        body.update(getattr(exc, "extra", {}))
    response.data = {"error": body}
    return response


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.api_access.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "An API key of the business."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.api_access.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A member's browser session; the X-Business header names the business by its slug.",
        }
