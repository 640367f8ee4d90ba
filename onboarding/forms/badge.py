"""What a badge request asks (onboarding reference §7.2), and the word that sends it."""

from functools import cache

from babel import Locale
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from onboarding.display_name.fetch import SiteUnreachable, checked_address
from onboarding.forms.company import country_choices
from onboarding.forms.plain import PlainTextMixin, check_visible, tidy
from onboarding.services import badge_facts

LONGEST_URL = 500
FIRST_LANGUAGES = ("es", "pt", "en")
LANGUAGES = (*FIRST_LANGUAGES, "fr", "de", "it", "ca", "nl", "qu", "gn", "ht", "ar", "he", "zh", "ja", "ko", "ru", "hi")
"""Languages in which businesses of the region may mostly write; WhatsApp takes any by its English name."""
LINKS = tuple(f"link_{n}" for n in range(1, 6))


@cache
def _languages(reader):
    names = Locale.parse(reader, sep="-").languages
    rest = sorted(((code, names[code]) for code in LANGUAGES if code not in FIRST_LANGUAGES), key=lambda pair: pair[1])
    return [("", _("Choose one")), *((code, names[code]) for code in FIRST_LANGUAGES), *rest]


def language_choices():
    return _languages(get_language() or "en")


def clean_address(text):
    """A web address with its scheme, checked without asking the network. Raises ``ValidationError``."""
    url = text.strip()
    if url and "://" not in url[:12]:
        url = f"https://{url}"
    if len(url) > LONGEST_URL:
        raise forms.ValidationError(
            _("The address has %(n)d characters. Paste it without what follows the question mark."),
            params={"n": len(url)},
            code="long",
        )
    try:
        return checked_address(url)
    except SiteUnreachable as failure:
        raise forms.ValidationError(failure.sentence, code=failure.code) from failure


def _url_input():
    return forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"})


class BadgeForm(PlainTextMixin, forms.Form):
    """The answers of a request and the evidence, one address in each field."""

    letters = ("parent_brand",)

    website = forms.CharField(
        label=_("Website of the brand"),
        help_text=_("It has to show the brand, what it does and how to reach it."),
        max_length=300,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url", "spellcheck": "false"}),
        error_messages={"required": _("Write the address of your website.")},
    )
    country = forms.ChoiceField(
        label=_("Country in which you mainly work"),
        choices=country_choices,
        error_messages={"required": _("Choose the country.")},
    )
    language = forms.ChoiceField(
        label=_("Language in which you mainly write"),
        choices=language_choices,
        error_messages={"required": _("Choose the language.")},
    )
    parent_brand = forms.CharField(
        label=_("Parent company or brand"),
        help_text=_("Only when your brand belongs to a better known one."),
        max_length=150,
        required=False,
    )
    more = forms.CharField(
        label=_("Additional information"),
        help_text=_("What a reader of the links doesn't see: since when, where, how many customers, awards."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args, urls=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.link_names = LINKS[: badge_facts.figures().most_links]
        for n, name in enumerate(self.link_names, 1):
            field = forms.CharField(
                label=_("Link %(n)d") % {"n": n},
                required=False,
                initial=urls[n - 1] if n <= len(urls) else "",
                widget=_url_input(),
            )
            self.fields[name] = field
        self._guard_links()

    def _guard_links(self):
        """The rules against invisible signs, for the fields that were added after those of the class."""
        for name in self.link_names:
            field = self.fields[name]
            plain = field.to_python
            field.to_python = lambda value, plain=plain: plain(tidy(value) if isinstance(value, str) else value)
            field.validators = [check_visible]

    @property
    def links(self):
        """The bound fields of the evidence, in order."""
        return [self[name] for name in self.link_names]

    @property
    def answers(self):
        """The cleaned answers without the links; call it after ``is_valid``."""
        return {name: self.cleaned_data[name] for name in ("website", "country", "language", "parent_brand", "more")}

    @property
    def urls(self):
        """The cleaned links without the empty ones, in order; call it after ``is_valid``."""
        return [self.cleaned_data[name] for name in self.link_names if self.cleaned_data.get(name)]

    def clean_website(self):
        return clean_address(self.cleaned_data["website"])

    def clean(self):
        cleaned = super().clean()
        seen = set()
        for name in self.link_names:
            text = (cleaned.get(name) or "").strip()
            if not text:
                continue
            try:
                url = clean_address(text)
            except forms.ValidationError as problem:
                self.add_error(name, problem)
                continue
            cleaned[name] = url
            if url.rstrip("/").casefold() in seen:
                self.add_error(name, _("You gave this link above already. Another article helps more."))
            seen.add(url.rstrip("/").casefold())
        return cleaned


class BadgeSendForm(forms.Form):
    """The word with which a request leaves."""

    understood = forms.BooleanField(
        label=_("I know that WhatsApp alone decides, and that a refusal closes the way for a while."),
        error_messages={"required": _("Tick the box; nobody but WhatsApp can promise this badge.")},
    )
