"""The questions of the application, one form for each page of the wizard."""

from onboarding.forms.activation import CodeForm, CodeRequestForm
from onboarding.forms.advisor import AdvisorForm
from onboarding.forms.company import AddressForm, CompanyForm, ContactForm, FacebookForm
from onboarding.forms.name import DisplayNameForm, ProposedNameForm
from onboarding.forms.number import FurtherNumberForm, NumberForm
from onboarding.forms.screening import ContestForm, ScreeningForm, SigningForm

__all__ = [
    "AddressForm",
    "AdvisorForm",
    "CodeForm",
    "CodeRequestForm",
    "CompanyForm",
    "ContactForm",
    "ContestForm",
    "DisplayNameForm",
    "FacebookForm",
    "FurtherNumberForm",
    "NumberForm",
    "ProposedNameForm",
    "ScreeningForm",
    "SigningForm",
]
