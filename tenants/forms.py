"""Forms of people and businesses."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SignupForm(forms.Form):
    """What sign-up asks besides e-mail and password (allauth puts them together)."""

    full_name = forms.CharField(label=_("Your name"), max_length=150)

    field_order = ["full_name", "email", "password1"]

    def signup(self, request, user):
        user.full_name = self.cleaned_data["full_name"].strip()
        user.language = request.LANGUAGE_CODE
        user.save(update_fields=["full_name", "language"])
