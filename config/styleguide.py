"""The style guide: every component and layout with made-up content, routed only while ``DEBUG`` is on.

``path("styleguide/", include("config.styleguide"))`` is all the project has to say.
"""

from datetime import timedelta
from types import SimpleNamespace

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from config.clock import now


class SampleForm(forms.Form):
    """One field of every kind the look knows."""

    legal_name = forms.CharField(label=_("Legal name"), help_text=_("As in the commercial register"), max_length=75)
    tax_id = forms.CharField(label=_("Tax ID"))
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    sector = forms.ChoiceField(label=_("Sector"), choices=[("", "—"), ("t", _("Transport")), ("r", _("Retail"))])
    reason = forms.CharField(label=_("What the second number is for"), widget=forms.Textarea, max_length=200)
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    code = forms.CharField(label=_("Code"), max_length=6)
    method = forms.ChoiceField(
        label=_("How to get the code"),
        choices=[("voice", _("Call")), ("sms", _("SMS"))],
        widget=forms.RadioSelect,
        initial="voice",
    )
    density = forms.ChoiceField(
        label=_("How it arrives"),
        choices=[("v", _("Call")), ("s", _("SMS"))],
        widget=forms.RadioSelect,
        initial="s",
    )
    news = forms.MultipleChoiceField(
        label=_("Notices"),
        choices=[("d", _("Deliveries")), ("p", _("Promotions"))],
        widget=forms.CheckboxSelectMultiple,
        initial=["d"],
        required=False,
    )
    permanent = forms.BooleanField(label=_("I understand that this name is final"))
    certificate = forms.FileField(
        label=_("Certificate"),
        help_text=_("PDF, JPG or PNG, up to 10 MB. Only our team sees it."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.png"}),
    )


NAVIGATION = [
    ("inbox", _("Inbox"), "inbox", True),
    ("numbers", _("Numbers"), "device", True),
    ("templates", _("Templates"), "template", True),
    ("supervision", _("Supervision"), "chart", True),
    ("permissions", _("Permissions"), "check", False),
    ("people", _("People"), "users", False),
    ("settings", _("Settings"), "settings", False),
]


def _samples(active):
    present = now()
    return {
        "business": SimpleNamespace(name="Valley Couriers"),
        "tenant_note": "+57 602 485 0199",
        "nav_key": active,
        "nav_items": [
            {
                "key": key,
                "label": label,
                "icon": icon,
                "url": reverse("styleguide-page", args=["inbox" if key == "inbox" else "business"]),
                "on_phone": on_phone,
                "badge": 12 if key == "inbox" else None,
                "badge_label": _("unanswered"),
            }
            for key, label, icon, on_phone in NAVIGATION
        ],
        "form": SampleForm(),
        "wrong": SampleForm({"legal_name": "Valley Couriers Ltd", "method": "voice"}, auto_id="wrong_%s"),
        "hints": {"voice": _("For landlines"), "sms": _("For mobiles")},
        "ends": {"voice": _("The usual way")},
        "present": present,
        "times": [present + timedelta(minutes=minutes) for minutes in (1347, 192, 106, 38, -5)],
        "past": [present - timedelta(minutes=minutes) for minutes in (0, 12, 300, 2000, 6000, 200000, 900000)],
        "steps": [
            {
                "title": _("Policies accepted and signed"),
                "state": "done",
                "when": "9 Nov",
                "who": "Carolina Rengifo",
            },
            {"title": _("Application sent"), "state": "done", "when": "10 Nov, 16:42"},
            {
                "title": _("Review"),
                "state": "current",
                "when": "11 Nov",
                "who": _("Your turn"),
                "body": _("Eight of nine answers are approved. One waits for you."),
            },
            {
                "title": _("Submission to WhatsApp"),
                "state": "waiting",
                "when": "1–3 days",
                "who": _("Meta decides"),
            },
            {"title": _("Badge"), "state": "blocked", "who": _("Refused until 3 February")},
            {
                "title": _("Live"),
                "state": "todo",
                "body": _("We say so when a real message has come and gone."),
            },
        ],
        "tabs": [
            {"label": _("Approved"), "url": "#tabs", "current": True, "count": 1208},
            {"label": _("In review"), "url": "#tabs", "count": 2},
            {"label": _("Rejected"), "url": "#tabs", "count": 0},
        ],
        "table_head": [_("Template"), _("Category"), (_("Sent"), "n"), (_("Read"), "n")],
        "table_rows": [
            ["order_on_its_way", _("Utility"), "4,218", "91%"],
            ["pick_up_confirmed", _("Utility"), "612", "58%"],
        ],
        "icons": ICONS,
        "conversations": [
            (
                "Marta Ospina",
                "whatsapp",
                "15:35",
                _("Can you leave it with the doorman?"),
                present + timedelta(hours=3),
            ),
            (
                "Jairo Benítez",
                "whatsapp",
                "15:31",
                _("I've been waiting an hour"),
                present + timedelta(minutes=38),
            ),
            (
                "Tamayo Hardware",
                "mail",
                "15:20",
                _("Re: 14 boxes on Thursday"),
                present + timedelta(hours=22),
            ),
            ("Hernán Zapata", "whatsapp", "Fri", _("Has the parcel left?"), None),
        ],
    }


ICONS = (
    "mark check ticks close plus more right left down clock warn stop info unknown pending help lock globe whatsapp "
    "web mail phone device sms clip send search filter user users inbox template chart settings note file image play "
    "pin download upload refresh undo external snooze menu variable tag coin bold italic truck keyboard home reply sun"
).split()


@login_not_required
def page(request, name="index"):
    """Show the guide, or one layout: ``journey``, ``business`` or ``inbox``. Raises 404 for any other name."""
    templates = {
        "index": "styleguide.html",
        "journey": "styleguide/journey.html",
        "business": "styleguide/business.html",
        "inbox": "styleguide/inbox.html",
    }
    if name not in templates:
        raise Http404(name)
    return render(request, templates[name], _samples("inbox" if name == "inbox" else "numbers"))


urlpatterns = [
    path("", page, name="styleguide"),
    path("<slug:name>/", page, name="styleguide-page"),
]
