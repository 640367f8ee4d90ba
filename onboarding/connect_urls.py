"""The addresses of Embedded Signup: the pages of a business, and the one address that Meta sends people back to."""

from django.urls import path

from onboarding.views import connect

journey = [
    path("connect/", connect.connect, name="connect"),
    path("connect/start/", connect.start, name="signup_start"),
    path("connect/progress/", connect.progress, name="signup_progress"),
    path("connect/event/", connect.event, name="signup_event"),
    path("connect/closed/", connect.closed, name="signup_closed"),
    path("connect/usual-way/", connect.give_up, name="signup_give_up"),
]
public = [
    path("connect/facebook/", connect.come_back, name="signup_return"),
    path("connect/facebook/done/", connect.done, name="signup_done"),
]
