"""The addresses of a number's badge."""

from django.urls import path

from onboarding.views import badge

patterns = [
    path("", badge.badge, name="badge"),
    path("state/", badge.state, name="badge_state"),
    path("start/", badge.start, name="badge_start"),
    path("check/", badge.check, name="badge_check"),
    path("send/", badge.send, name="badge_send"),
    path("withdraw/", badge.withdraw, name="badge_withdraw"),
]
