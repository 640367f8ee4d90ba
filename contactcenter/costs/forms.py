"""What a business may spend in a month."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contactcenter.models import Budget
from onboarding.models import PhoneNumber


class BudgetForm(forms.ModelForm):
    """A new budget, or a changed one (then the number stays as it is)."""

    phone_number = forms.ModelChoiceField(
        queryset=None, required=False, label=_("For"), empty_label=_("All numbers together")
    )
    field_order = ["phone_number"]

    class Meta:
        model = Budget
        fields = ["amount", "warn_percent", "stops"]
        help_texts = {
            "amount": _("In US dollars, by WhatsApp's list prices. 0 lets nothing go that costs money."),
            "warn_percent": _("In percent. Owners and administrators get a mail once a month."),
            "stops": _("Templates and campaigns wait for the next month. Answers to people who wrote always go."),
        }

    def __init__(self, *args, business, **kwargs):
        super().__init__(*args, **kwargs)
        self.business = business
        self.instance.business = business
        if self.instance.pk:
            del self.fields["phone_number"]
        else:
            numbers = PhoneNumber.objects.filter(business=business).exclude(e164="").order_by("e164")
            self.fields["phone_number"].queryset = numbers

    def clean(self):
        data = super().clean()
        if "phone_number" in self.fields and "phone_number" in data:
            number = data["phone_number"]
            same = Q(phone_number=number) if number else Q(phone_number=None)
            if Budget.objects.filter(same, business=self.business).exists():
                self.add_error("phone_number", _("There is a budget for this already. Change that one."))
            self.instance.phone_number = number
        return data
