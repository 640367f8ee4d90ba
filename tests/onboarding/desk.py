"""A reviewer in front of the desk: reads the form as a browser would, and presses one of its buttons."""

from datetime import timedelta

from django.test import Client, override_settings
from django.urls import reverse

from config import clock
from config.clock import now
from onboarding.models import OnboardingApplication, ReviewDecision
from onboarding.services import review
from tenants.tenancy import every_business


def address(application, action="change"):
    return reverse(f"admin:onboarding_onboardingapplication_{action}", args=[application.pk])


def stored(application):
    with every_business():
        return OnboardingApplication.objects.select_related("business", "claimed_by").get(pk=application.pk)


def a_minute_later(seconds=61):
    """Let the decisions go whose time has come, as the worker does."""
    with override_settings(MOVABLE_CLOCK=True), clock.frozen(now() + timedelta(seconds=seconds)):
        return review.let_go_due()


class Reviewer:
    """One person of the staff with a browser of their own; ``open`` remembers what the page had in its forms."""

    def __init__(self, user):
        self.user, self.client = user, Client(headers={"accept-language": "en"})
        self.client.force_login(user)
        self.seen = self.holder = self.decision = ""

    def open(self, application):
        response = self.client.get(address(application))
        assert response.status_code == 200
        values = response.context
        self.seen, decision = values["seen"], values["decision"]
        self.holder = values["application"].claimed_by_id or ""
        self.decision = decision.pk if decision else self.decision
        return response.content.decode()

    def press(self, application, decision, *, again=False, **fields):
        """Press a button on the page that was opened last; opens it first unless ``again``."""
        if not again:
            self.open(application)
        hidden = {"seen": self.seen, "seen_holder": self.holder, "decision_id": self.decision}
        return self.client.post(address(application, "decide"), hidden | {"decision": decision} | fields)


def decisions(application):
    with every_business():
        return list(ReviewDecision.objects.filter(application=application).order_by("pk"))
