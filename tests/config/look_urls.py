"""Addresses that the navigation's tests point at."""

from django.http import HttpResponse
from django.urls import path


def page(request, business_slug):
    return HttpResponse(business_slug)


urlpatterns = [
    path("b/<slug:business_slug>/", page, name="look-home"),
    path("b/<slug:business_slug>/inbox/", page, name="look-inbox"),
]
