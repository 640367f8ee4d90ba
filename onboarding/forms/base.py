"""What the forms of the wizard share."""

from django import forms
from django.forms.models import model_to_dict

from onboarding.forms.plain import PlainTextMixin
from onboarding.models import OnboardingApplication


class AnswerForm(PlainTextMixin, forms.ModelForm):
    """Some answers of an application. Every field is required but those in ``optional``.

    ``seen_version`` travels with the page, so that a tab left open can't overwrite newer answers.
    """

    optional = ()

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    class Meta:
        model = OnboardingApplication
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = self.instance.version
        for name in self._meta.fields:
            self.fields[name].required = name not in self.optional

    @property
    def answers(self):
        """The cleaned values of the model's own fields; call it after ``is_valid``."""
        return {name: self.cleaned_data[name] for name in self._meta.fields}

    @classmethod
    def saved(cls, application):
        """What is stored, in the shape in which it would be posted."""
        return model_to_dict(application, fields=cls._meta.fields)
