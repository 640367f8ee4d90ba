"""The ground of the REST API: views that run in a business's scope, and errors of one shape."""

import contextlib

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import JsonResponse
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import exceptions, permissions
from rest_framework.views import APIView
from rest_framework.views import exception_handler as default_handler

from tenants import api_scopes
from tenants.tenancy import business_scope

DATABASE_AWAY = (OperationalError, InterfaceError)
RETRY_AFTER = "2"


class BusinessAPIView(APIView):
    """A view of one business's data. Handlers run in its scope, so nothing in them may wait for a network.

    ``allowed_roles`` limits who may call it (an API key counts as an administrator). ``area`` is what keys can be
    limited to (``api_scopes``); ``reading_methods`` change nothing.
    """

    allowed_roles = None
    area = ""
    reading_methods = permissions.SAFE_METHODS

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


class ScopedSchema(AutoSchema):
    """Names the scope that each call needs: in its description, and as ``x-scope`` for programs."""

    def get_description(self):
        scope = api_scopes.needed(self.view, self.method)
        said = super().get_description() or ""
        return f"{said}\n\nScope: `{scope}`." if scope else said

    def get_extensions(self):
        scope = api_scopes.needed(self.view, self.method)
        return super().get_extensions() | ({"x-scope": scope} if scope else {})


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.api_access.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema):
        words = (
            "An API key of the business. A key can be limited to scopes; each call names the one it needs, and a key "
            "without it is answered with 403 and the code `scope_missing`."
        )
        return {"type": "http", "scheme": "bearer", "description": words}


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
