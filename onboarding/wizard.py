"""The questions in their order. A step is complete when its own form accepts what is stored (and what it adds).

Nothing lives in the session: every page saves into the draft row, so one can go on tomorrow on another device, and a
rule that changes shows drafts that no longer satisfy it as incomplete by themselves.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from onboarding import forms
from onboarding.forms.base import AnswerForm
from onboarding.services import documents, screenings, signup_door, statement


@dataclass(frozen=True)
class Step:
    """One page of the wizard.

    ``form`` is None where the page isn't a form of answers (the signature, the documents); such a step says with
    ``also`` whether it is complete, with ``begun`` whether anything is there, and with ``needs`` what it lacks.
    """

    slug: str
    title: Any
    minutes: int
    form: type[AnswerForm] | None = None
    also: Callable[[Any], bool] | None = field(default=None)
    begun: Callable[[Any], bool] | None = field(default=None)
    needs: Callable[[Any], str] | None = field(default=None)

    @property
    def fields(self):
        """The model fields that this page asks for."""
        return tuple(self.form._meta.fields) if self.form else ()

    def checked(self, application):
        """The step's form, bound to what is stored."""
        return self.form(self.form.saved(application), instance=copy(application))

    def is_complete(self, application):
        """Would the saved answers pass the form that asked for them?"""
        if self.form and not self.checked(application).is_valid():
            return False
        return self.also(application) if self.also else True

    def is_begun(self, application):
        """Whether anything was answered here."""
        if self.begun:
            return self.begun(application)
        return any(getattr(application, name) for name in self.fields)


def _papers_missing(application):
    return ", ".join(documents.title(paper) for paper in documents.missing(application))


STEPS = [
    Step("screening", _("What you do"), 3, forms.ScreeningForm, screenings.is_settled),
    Step(
        "signing",
        _("Policies and signature"),
        2,
        also=statement.is_valid,
        begun=lambda application: bool(application.signed_at),
        needs=lambda application: _now("the statement has to be signed"),
    ),
    Step("company", _("Company"), 3, forms.CompanyForm),
    Step("address", _("Registered address"), 2, forms.AddressForm),
    Step(
        "documents",
        _("Documents"),
        3,
        also=lambda application: not documents.missing(application),
        begun=lambda application: documents.current(application).exists(),
        needs=_papers_missing,
    ),
    Step("facebook", _("Facebook Page and Business ID"), 4, forms.FacebookForm),
    Step("number", _("Phone number"), 2, forms.NumberForm),
    Step("display-name", _("Display name"), 3, forms.DisplayNameForm),
    Step("contact", _("Contact person"), 1, forms.ContactForm),
]
TOTAL = len(STEPS) + 1
"""The steps and, last, checking the answers."""


@dataclass(frozen=True)
class Missing:
    """What still stands in the way of sending; as text it is ready for a person."""

    step: Step
    what: str = ""

    def __str__(self):
        return f"{self.step.title}: {self.what}" if self.what else str(self.step.title)


def by_slug(slug):
    """The step of an address, or None."""
    return next((step for step in STEPS if step.slug == slug), None)


def step_of(field_name):
    """The step that asks for a field of the application, or None."""
    return next((step for step in STEPS if field_name in step.fields), None)


def position(step):
    """The step's number, counted from 1."""
    return STEPS.index(step) + 1


def after(step):
    """The step that follows, or None at the end."""
    place = position(step)
    return STEPS[place] if place < len(STEPS) else None


def before(step):
    """The step that came before, or None at the start."""
    place = position(step)
    return STEPS[place - 2] if place > 1 else None


def first_incomplete(application):
    """Where to go on, or None when everything is answered."""
    return next((step for step in STEPS if not step.is_complete(application)), None)


def missing(application):
    """What stands in the way of sending the application; empty when nothing does."""
    problems = []
    for step in STEPS:
        if step.is_complete(application):
            continue
        if step.needs:
            problems.append(Missing(step, step.needs(application)))
        elif step.checked(application).is_valid():
            problems.append(Missing(step, _now("the policies forbid this activity; contest it or change the answer")))
        else:
            form = step.checked(application)
            labels = [str(form.fields[name].label) for name in form.errors if name in form.fields]
            problems.append(Missing(step, ", ".join(labels)))
    problems += [Missing(by_slug(slug), what) for slug, what in signup_door.contradictions(application)]
    return problems


def minutes_left(application):
    """About how long the open steps take."""
    return sum(step.minutes for step in STEPS if not step.is_complete(application))
