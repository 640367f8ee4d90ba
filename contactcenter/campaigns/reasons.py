"""Why somebody is left out, and why a campaign stops by itself: words for programs, sentences for people."""

from django.utils.translation import gettext_lazy as _

from contactcenter import gate
from contacts.imports import reasons as of_lists

LEFT_OUT = {
    "twice": _("The same person stands in the list again."),
    "unknown_person": _("Nobody with this number is among your contacts, so there is no opt-in."),
    "frequency": _("This person got as many campaigns lately as your rules allow."),
    "missing_value": _("A value of the template is empty for this person."),
    "value_too_long": _("A value is too long for the template."),
    "bad_value": _("WhatsApp would refuse a value of this person."),
    "merged": _("This person turned out to be another one of the campaign."),
    "twin": _("A message of this campaign to this person is there already."),
}

STOPS = {
    "template_changed": (
        _("The template was edited after the campaign was checked."),
        _("Cancel it and make a new campaign for those who are left."),
    ),
    "category_changed": (
        _("WhatsApp moved the template to another category, which changes the price."),
        _("Look at the template for the difference. Going on means that you agree to the new price."),
    ),
    "template_quality": (
        _("People's reactions brought the template's quality down to low."),
        _("Read what people answer before you go on. WhatsApp pauses templates that people block."),
    ),
    "number_quality": (
        _("People's reactions brought the number's quality down to low."),
        _("Write only to people who expect it. WhatsApp lowers the limits of numbers that people block."),
    ),
    "file_gone": (
        _("The file that the messages start with isn't there any more."),
        _("Cancel it and make a new campaign with another file."),
    ),
    "file_refused": (
        _("WhatsApp didn't take the file that the messages start with."),
        _("Cancel it and make a new campaign with another file. Going on tries this one once more."),
    ),
    "errors": (
        _("Too many of the last messages failed."),
        _("Look at the reasons in the report. Go on when you know that the rest will arrive."),
    ),
}

FILES = of_lists.FILE_TEXTS | {
    "nobody": _("There is nobody to go through."),
}


def left_out(reason):
    """The sentence for a reason to leave somebody out; the gate's own words where it was the gate."""
    if reason in LEFT_OUT:
        return LEFT_OUT[reason]
    return gate.words_of(reason)[0] or of_lists.text_of(reason)


def stopped(reason):
    """``(what happened, what to do)`` of a campaign that stopped by itself."""
    return STOPS.get(reason) or gate.words_of(reason)


def problem(reason):
    """Why a file could not be worked through."""
    return FILES.get(reason) or reason
