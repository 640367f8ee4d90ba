"""Whose data a request may see, decided once."""

from contextlib import nullcontext

from django.conf import settings
from django.http import Http404
from django.urls import Resolver404, resolve
from django.utils import timezone, translation

from tenants.models import Membership
from tenants.tenancy import business_scope, every_business


class BusinessScopeMiddleware:
    """Open the scope in which a request runs, and show times as they are where the business is.

    /b/<slug>/…  members see that one business, everybody else gets a 404
    /admin/      every business; the admin site lets only staff in
    the rest     no scope, so a query for tenant data fails loudly
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with self.scope_for(request), timezone.override(request.business and request.business.time_zone):
            return self.get_response(request)

    def scope_for(self, request):
        request.business = request.membership = request.role = None
        if request.path_info.startswith("/admin/"):
            return every_business() if request.user.is_active and request.user.is_staff else nullcontext()
        try:
            slug = resolve(request.path_info).kwargs.get("business_slug")
        except Resolver404:
            return nullcontext()
        if slug is None or not request.user.is_authenticated:
            return nullcontext()
        membership = (
            Membership.objects.select_related("business").filter(user=request.user, business__slug=slug).first()
        )
        if membership is None:
            raise Http404
        request.business, request.membership, request.role = membership.business, membership, membership.role
        return business_scope(membership.business)


class PersonLanguageMiddleware:
    """Speak the language that a person chose once, on every device (a cookie of this browser wins)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        language = request.user.language if request.user.is_authenticated else ""
        if not language or settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
            return self.get_response(request)
        with translation.override(language):
            request.LANGUAGE_CODE = translation.get_language()
            return self.get_response(request)
