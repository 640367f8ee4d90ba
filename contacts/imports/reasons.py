"""Why a line, or a whole file, is refused: words for programs and sentences for people."""

from django.utils.translation import gettext_lazy as _

TEXTS = {
    "no_phone": _("The line has no phone number."),
    "bad_phone": _("This is no phone number that exists."),
    "no_country": _("The number has no country code. Choose a country for such numbers."),
    "rounded_phone": _("A spreadsheet shortened the number (5.73E+11) and its last figures are lost."),
    "no_date": _("The line has no day on which the person agreed."),
    "bad_date": _("The day can't be read. Write it as 2026-11-22 or 22/11/2026."),
    "future_date": _("The day lies in the future."),
    "asked_to_stop": _("This person asked you to stop. A list doesn't undo that; only they can."),
    "too_many_cells": _("The line has more cells than the list has columns."),
    "open_quote": _("A quotation mark is opened and never closed."),
    "bad_quotes": _("The quotation marks make no sense."),
    "nul": _("The line holds null characters."),
    "bytes": _("The line holds bytes that are no letters in the file's encoding."),
    "too_long": _("The line is longer than 20,000 characters."),
}
"""Reasons to refuse a line."""

FILE_TEXTS = {
    "empty": _("The file is empty."),
    "spreadsheet": _("This is a spreadsheet. Save it as CSV and upload that file."),
    "not_text": _("This isn't a list of lines of text. Upload a CSV file."),
    "too_large": _("The file is larger than 50 MB. Split it and upload the parts."),
    "gone": _("The file is not there any more. Upload it again."),
}
"""Reasons to refuse a file."""


def text_of(reason):
    """The sentence for a reason."""
    return TEXTS.get(reason) or FILE_TEXTS.get(reason) or reason


def safe_cell(text):
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV injection")."""
    text = text.replace("\x00", "\ufffd")
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") or text[:1] in ("\t", "\r") else text
