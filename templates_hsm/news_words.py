"""What news about a template mean and what to do, in words for mails."""

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from templates_hsm.models import IN_PLACE


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


def _archiving(template, facts):
    words = {
        "day": date_format(template.archives_at, "DATE_FORMAT"),
        "since": date_format(facts["since"], "DATE_FORMAT"),
    }
    return (
        _("Meta archives it on %(day)s") % words,
        _(
            "Nobody has sent it since %(since)s. Send it once and it stays. In the archive nobody can send it, and 28 "
            "days later Meta deletes it."
        )
        % words,
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
    "archiving": _archiving,
}


def told(kind, template, facts):
    """``{"title", "body"}`` in the active language."""
    title, body = WORDS[kind](template, facts)
    return {"title": title, "body": body}


# For the pages


def hours(figure):
    """A duration of hours in words."""
    if figure < 1:
        minutes = max(1, round(figure * 60))
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if figure < 36:
        return ngettext("%(n)d hour", "%(n)d hours", round(figure)) % {"n": round(figure)}
    days = round(figure / 24)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def estimate(found):
    """How long Meta takes, with the number of cases, or Meta's own word while there are few."""
    words = {"median": hours(found.median), "p90": hours(found.p90), "n": found.cases}
    if found.whose == "platform":
        return _("Meta usually answers within minutes, at most after %(p90)s.") % words
    if found.whose == "own":
        return _(
            "Your own templates took %(median)s (median); nine in ten took no more than %(p90)s (%(n)d cases)."
        ) % (words)
    return _("Templates handed in here took %(median)s (median); nine in ten no more than %(p90)s (%(n)d cases).") % (
        words
    )


def allowance(row, account=""):
    """An ``Allowance`` for the page: ``text``, ``next_at`` and whether it bites."""
    words = {"used": row.used, "most": row.most, "left": row.left}
    if row.kind == "create":
        text = _("New templates this hour: %(left)d of %(most)d left.") % words
    elif row.kind == "size":
        text = _("Templates in the account: %(used)d of %(most)d.") % words
    elif row.window.days <= 1:
        text = _("Changes of an approved template in 24 hours: %(left)d of %(most)d left.") % words
    else:
        words["days"] = row.window.days
        text = _("Changes of an approved template in %(days)d days: %(left)d of %(most)d left.") % words
    bites = row.left == 0 or row.next_at is not None
    return {"text": text, "next_at": row.next_at, "bites": bites, "source": row.source, "account": account}


def edit_of(template):
    """What a change in place means now: ``kind``, ``title`` and ``text``, or ``None`` when there is none."""
    from templates_hsm.services import templates  # services import these words

    if template.status in IN_PLACE and template.changes is not None:
        return {
            "kind": "writing",
            "title": _("Changes are written and not handed in"),
            "text": _("The text that the phone shows here is in force until Meta has the new one."),
        }
    if template.status not in {"submitting", "pending", "rejected"}:
        return None
    if template.provider_id is None or templates.status_before(template) not in IN_PLACE:
        return None
    if template.status == "rejected":
        return {
            "kind": "rejected",
            "title": _("The former text is gone at Meta"),
            "text": _("Put it back from the versions and hand it in again, or correct the new one."),
        }
    return {
        "kind": "review",
        "title": _("The new text is in review"),
        "text": _("Meta lets nobody send either text until it approves the new one."),
    }


def pause_of(template):
    """What a pause means: ``text``, ``until`` and what the next one does, or ``None``."""
    from templates_hsm.services import pauses  # services import these words

    if template.status != "paused":
        return None
    if template.pause_kind == pauses.PACING:
        return {"text": _("Meta paused it while it looked at the first answers. It doesn't end by itself."), "next": ""}
    first = template.pause_kind == pauses.FIRST
    return {
        "text": _("It is the first pause.") if first else _("It is the second pause."),
        "until": template.paused_until,
        "next": _("The next one lasts 6 hours, and the third disables the template for good.")
        if first
        else _("The next one disables the template for good."),
    }


def archive_of(template):
    """When Meta will archive a template that nobody sends, or delete an archived one; ``None`` if that is far away."""
    from templates_hsm.services import platform  # services import these words

    if template.archives_at and template.status in {"approved", "paused"}:
        return {"archives_at": template.archives_at}
    if template.status != "archived":
        return None
    return {"until": template.status_changed_at + timedelta(days=platform.newest("archive")["kept_days"])}


WISHES = {
    "archive": lambda: (_("Archive it"), _("Nobody can send it until it is taken out again.")),
    "unarchive": lambda: (_("Take it out of the archive"), _("It can be sent again at once.")),
    "unpause": lambda: (_("End the pause"), _("Look at why people blocked it first: the next pause is harder.")),
}
WISHED = {
    "archive": lambda: _("We are asking Meta to archive it."),
    "unarchive": lambda: _("We are asking Meta to take it out of the archive."),
    "unpause": lambda: _("We are asking Meta to end the pause."),
}
_APPEALS = {
    "rejection": lambda: (
        _("Ask Meta to look again"),
        _("If the text follows the rules, appeal in WhatsApp Manager: open the template and choose Appeal."),
    ),
    "disabled": lambda: (
        _("Ask Meta to lift it"),
        _("Appeal in WhatsApp Manager: open the template and choose Appeal."),
    ),
    "category": lambda: (
        _("Ask Meta to look at the category again"),
        _("In Business Support choose the template and ask for a review of its category."),
    ),
}


def way(found):
    """A ``Way`` of an appeal for the page."""
    title, how = _APPEALS[found.kind]()
    return {"way": found, "title": title, "how": how, "answer": hours(found.answer_hours)}


_PLACES = {
    "name": lambda: _("Name"),
    "category": lambda: _("Category"),
    "header": lambda: _("Header"),
    "body": lambda: _("Body"),
    "footer": lambda: _("Footer"),
    "buttons": lambda: _("Buttons"),
    "content": lambda: _("Kind of content"),
    "cards": lambda: _("Cards"),
}


def place(slot):
    """What a part of a template is called; an unknown one as it came."""
    return _PLACES[slot]() if slot in _PLACES else slot


def notes_of(review):
    """The notes of our team by place: ``(place, slot, text)``."""
    return [(place(note["slot"]), note["slot"], note["text"]) for note in review.notes]
