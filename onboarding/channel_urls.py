"""The addresses of a number's checklist."""

from django.urls import path

from onboarding.views import channel

patterns = [
    path("", channel.channel, name="channel"),
    path("check/", channel.check, name="channel_check"),
    path("test/", channel.start_test, name="channel_test"),
    path("test/code.svg", channel.code, name="channel_code"),
    path("platform/", channel.platform, name="channel_platform"),
]
