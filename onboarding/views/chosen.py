"""Which application a page is about: the business's own, or with ``?number=`` that of a further number."""

from urllib.parse import urlencode

from django.urls import reverse

from onboarding.services import answers


def chosen(request):
    """The application that the address names; None when there is none."""
    return answers.current(request.business, request.GET.get("number", "")[:40])


def address(name, application, **query):
    """The address of a page about this application."""
    if application.parent_id:
        query = {"number": str(application.reference)} | query
    url = reverse(name, args=[application.business.slug])
    return f"{url}?{urlencode(query)}" if query else url


def home_of(application, business_slug):
    """Where the story of an application is told."""
    if application is not None and application.parent_id:
        return address("onboarding:timeline", application)
    return reverse("onboarding:overview", args=[business_slug])
