"""What news about a template mean and what to do, in words for mails."""

from django.utils.translation import gettext as _


def _category(template, facts):
    words = {"old": _names(facts["change"].old), "new": _names(facts["change"].new)}
    return (
        _("Meta moved it from %(old)s to %(new)s") % words,
        _("A message in %(new)s costs more. Nothing more is sent with this template until you agree.") % words,
    )


def _sent_back(template, facts):
    return (
        _("Our team sent it back"),
        facts["review"].note or _("What to correct stands beside each part of the template."),
    )


def _reviewed(template, facts):
    return _("Our team approved it"), _("It is on its way to Meta. You don't need to do anything.")


def _paused(template, facts):
    return (
        _("Meta paused it"),
        _("Too many people blocked or reported it. It can't be sent until the pause ends; the page says when."),
    )


def _disabled(template, facts):
    return (
        _("Meta disabled it"),
        _("It can't be sent any more. The page says how to ask Meta for a review, and how to write another one."),
    )


def _names(code):
    from templates_hsm.presenting import category_name  # it imports services, which import these words

    return category_name(code)


WORDS = {
    "category": _category,
    "sent_back": _sent_back,
    "reviewed": _reviewed,
    "paused": _paused,
    "disabled": _disabled,
}


def told(kind, template, facts):
    """``{"title", "body"}`` in the active language."""
    title, body = WORDS[kind](template, facts)
    return {"title": title, "body": body}
