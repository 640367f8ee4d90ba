"""The addresses of chat links and opt-in pages; part of ``onboarding.urls``."""

from django.urls import path

from onboarding.views import links, optin_pages, optin_public

business = [
    path("links/", links.links, name="chat_links"),
    path("links/<uuid:reference>/", links.link, name="chat_link"),
    path("links/<uuid:reference>/short/", links.link_short, name="chat_link_short"),
    path("links/<uuid:reference>/archive/", links.link_archive, name="chat_link_archive"),
    path("links/<uuid:reference>/qr.<slug:kind>", links.link_picture, name="chat_link_picture"),
    path("opt-in/", optin_pages.pages, name="optin_pages"),
    path("opt-in/<uuid:reference>/", optin_pages.page, name="optin_page"),
    path("opt-in/<uuid:reference>/text/<slug:language>/", optin_pages.page_text, name="optin_text"),
    path("opt-in/<uuid:reference>/open/", optin_pages.page_open, name="optin_open"),
    path("opt-in/<uuid:reference>/qr.<slug:kind>", optin_pages.page_picture, name="optin_picture"),
]

public = [
    path("o/<slug:token>/", optin_public.optin, name="optin_public"),
    path("o/<slug:token>/thanks/<slug:code>/", optin_public.thanks, name="optin_thanks"),
]
