"""What people paste: invisible signs, look-alike letters, emoji, far too much of it. Held off with a sentence each.

Signs that only steer the writing (zero-width spaces, direction marks around a pasted telephone number) are taken out
silently, because nobody can see or delete them; those that turn what one reads around are refused.
"""

import re
import unicodedata

from django import forms
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

_OVERRIDES = frozenset("\u202d\u202e")
_JOINERS = frozenset("\u200c\u200d")
_ALONE = {"\t": " ", "\u2028": "\n", "\u2029": "\n"}
_EMOJI = re.compile("[\u2600-\u27bf\u20e3\ufe0f\U0001f000-\U0001faff]")
_HEAPED = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]{4,}")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
_DISGUISED = ("MATHEMATICAL", "FULLWIDTH", "CIRCLED", "PARENTHESIZED", "SQUARED", "NEGATIVE", "DOUBLE-STRUCK", "SCRIPT")


def tidy(text):
    """``text`` composed (NFC), without signs that nobody can see; line breaks stay."""
    text = "".join(_ALONE.get(sign, sign) for sign in text)
    return unicodedata.normalize(
        "NFC",
        "".join(
            sign
            for sign in text
            if sign in _OVERRIDES or sign in _JOINERS or unicodedata.category(sign) not in {"Cf", "Cs"}
        ),
    )


def check_visible(text):
    """Refuse what can't be seen and changes what is read."""
    if any(sign in _OVERRIDES for sign in text):
        raise forms.ValidationError(
            _("There is an invisible sign in it that turns the writing around. Delete the text and type it again."),
            code="direction",
        )
    if any(unicodedata.category(sign) == "Cc" and sign not in "\n\r" for sign in text):
        raise forms.ValidationError(
            _("There is an invisible control character in it. Delete the text and type it again."), code="control"
        )
    if _HEAPED.search(unicodedata.normalize("NFD", text)):
        raise forms.ValidationError(_("There are too many accents on one letter. Type it again."), code="heaped")


def check_letters(text):
    """For names and addresses: no emoji, and no letter that only looks like another one."""
    if _EMOJI.search(text):
        raise forms.ValidationError(_("Write it without emoji, as it stands in the register."), code="emoji")
    for word in re.findall(r"[^\W\d_]+", text):
        stranger = _stranger(word)
        if stranger:
            raise forms.ValidationError(
                _("The letter “%(letter)s” in “%(word)s” only looks like the one you mean. Type the word again."),
                params={"letter": stranger, "word": word[:40]},
                code="look_alike",
            )


def _stranger(word):
    """The letter of another alphabet than the word's first one, or a letter in disguise; None when all is well."""
    first = ""
    for sign in word:
        script = unicodedata.name(sign, "").split(" ")[0]
        if script in _DISGUISED:
            return sign
        if script not in _SCRIPTS:
            continue
        first = first or script
        if script != first:
            return sign
    return None


class PlainTextMixin:
    """Put the rules above on every text field of a form; ``letters`` names those that hold names and addresses."""

    letters = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = _("Choose from the list.")
            elif isinstance(field, forms.CharField):
                _guard(field, name in self.letters)


def _guard(field, has_letters):
    plain = field.to_python

    def to_python(value):
        if isinstance(value, str):
            value = tidy(value)
            value = value if isinstance(field.widget, forms.Textarea) else re.sub(r"[\r\n]+", " ", value)
        return plain(value)

    field.to_python = to_python
    field.validators = [each for each in field.validators if not isinstance(each, ProhibitNullCharactersValidator)]
    for validator in field.validators:
        if isinstance(validator, MaxLengthValidator):
            validator.message = _("It has %(show_value)d characters; shorten it to %(limit_value)d.")
    field.validators.append(check_visible)
    if has_letters:
        field.validators.append(check_letters)
