"""Dates in few letters, written as each language does."""

from django.utils import formats
from django.utils.translation import get_language


def short(value, form):
    """Return ``value`` in the letters of Django's date format (``j M Y``); the present language is used.

    Abbreviated days and months begin with a capital in English and not in Spanish or Portuguese, where Django's own
    format capitalises them (23 Nov, 23 nov).
    """
    text = formats.date_format(value, form)
    return text if (get_language() or "en").startswith("en") else text.lower()
