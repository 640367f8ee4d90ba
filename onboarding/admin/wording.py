"""Answers, verdicts and history in words that a reviewer reads: no codes, no field names."""

import difflib
import re

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from config.templatetags.ui import phone as phone_text
from onboarding.enums import ApplicationStatus, CodeMethod, Sector, StepKind
from onboarding.models import OnboardingApplication, ReviewDecision
from tenants.forms import countries

SCREENING = {
    "allowed": gettext_lazy("Allowed"),
    "needs_review": gettext_lazy("Needs a person"),
    "prohibited": gettext_lazy("Prohibited"),
}
NAME = {
    "pass": gettext_lazy("Fits"),
    "warn": gettext_lazy("To judge"),
    "fail": gettext_lazy("Breaks a rule"),
    "": gettext_lazy("Being checked"),
}
CATEGORIES = {
    "adult": pgettext_lazy("policy category", "adult products and services"),
    "ai_assistant": pgettext_lazy("policy category", "general AI assistants"),
    "alcohol": pgettext_lazy("policy category", "alcohol"),
    "body_parts": pgettext_lazy("policy category", "body parts and fluids"),
    "counterfeit": pgettext_lazy("policy category", "counterfeits"),
    "currency": pgettext_lazy("policy category", "currencies"),
    "dating": pgettext_lazy("policy category", "dating"),
    "digital_goods": pgettext_lazy("policy category", "digital goods"),
    "drugs": pgettext_lazy("policy category", "drugs"),
    "gambling": pgettext_lazy("policy category", "gambling"),
    "hazardous": pgettext_lazy("policy category", "hazardous goods"),
    "healthcare": pgettext_lazy("policy category", "medicine and health"),
    "illegal_products": pgettext_lazy("policy category", "illegal products"),
    "lending": pgettext_lazy("policy category", "loans"),
    "live_animals": pgettext_lazy("policy category", "live animals"),
    "misleading": pgettext_lazy("policy category", "misleading offers"),
    "mlm": pgettext_lazy("policy category", "multi-level marketing"),
    "other": pgettext_lazy("policy category", "something else"),
    "political": pgettext_lazy("policy category", "politics"),
    "supplements": pgettext_lazy("policy category", "supplements"),
    "terrorism": pgettext_lazy("policy category", "terrorism"),
    "tobacco": pgettext_lazy("policy category", "tobacco"),
    "unauthorized_media": pgettext_lazy("policy category", "unauthorised media"),
    "weapons": pgettext_lazy("policy category", "weapons"),
    "wildlife": pgettext_lazy("policy category", "protected wildlife"),
}


def category_text(category):
    """A policy category as people say it; unknown ones without underscores."""
    return str(CATEGORIES.get(category, category.replace("_", " ")))


def verdict_text(result):
    """A screening's verdict in words, with the category when there is one."""
    verdict = SCREENING.get(result.verdict, result.verdict)
    return f"{verdict}: {category_text(result.category)}" if result.category not in {"", "none"} else str(verdict)


def name_text(check):
    """A display-name check in words, with its score."""
    verdict = NAME.get(check.verdict, check.verdict)
    return f"{verdict}, {check.score}/100" if check.score is not None else str(verdict)


def label_of(field):
    """What an answer is called."""
    if field == "recipient_countries":
        return _("countries of recipients")
    try:
        return str(OnboardingApplication._meta.get_field(field).verbose_name)
    except FieldDoesNotExist:  # an answer of an older form
        return field.replace("_", " ")


def value_text(field, value):
    """A stored answer as people read it, whatever its age."""
    if value in (None, "", []):
        return ""
    if field == "recipient_countries" and isinstance(value, list):
        names = dict(countries())
        return ", ".join(str(names.get(code, code)) for code in value)
    if field == "country":
        return str(dict(countries()).get(value, value))
    if field == "sector":
        return str(dict(Sector.choices).get(value, value))
    if field == "code_method":
        return str(dict(CodeMethod.choices).get(value, value))
    if field in {"phone", "contact_phone"}:
        return str(phone_text(value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def difference(field, old, new):
    """How an answer changed: ``{"label", "old", "new"}``, each side cut into ``(part, is_changed)`` word by word."""
    before, after = value_text(field, old), value_text(field, new)
    return {
        "field": field,
        "label": label_of(field),
        **dict(zip(("old", "new"), _compared(before, after), strict=True)),
    }


def _compared(before, after):
    a, b = re.findall(r"\S+\s*", before), re.findall(r"\S+\s*", after)
    matcher = difflib.SequenceMatcher(None, [word.strip() for word in a], [word.strip() for word in b], autojunk=False)
    if len(a) + len(b) > 2000 or matcher.quick_ratio() < 0.4:
        return [(before, True)] if before else [], [(after, True)] if after else []
    old, new = [], []
    for kind, a0, a1, b0, b1 in matcher.get_opcodes():
        if a1 > a0:
            old.append(("".join(a[a0:a1]), kind != "equal"))
        if b1 > b0:
            new.append(("".join(b[b0:b1]), kind != "equal"))
    return old, new


# History


def history(events):
    """The lines of a history; a submission without changes says nothing that its status line doesn't say."""
    told = (event for event in events if event.kind != "submitted" or (event.data or {}).get("changed"))
    return [event_line(event) for event in told]


def event_line(event):
    """One line of the history: ``{"at", "text", "quote", "changes"}``."""
    who = str(event.actor) if event.actor else _("The system")
    data = event.data or {}
    return {
        "at": event.at,
        "text": _sentence(event, who, data),
        "quote": _quote(event),
        "changes": [difference(field, *pair) for field, pair in (data.get("changed") or {}).items() if len(pair) == 2],
    }


def _quote(event):
    """The reason as it was written; the names of fields that an older line keeps there are turned into labels."""
    if event.kind == "status" and event.new_status == ApplicationStatus.CHANGES_REQUESTED:
        fields = [field.strip() for field in event.reason.split(";") if field.strip()]
        return ", ".join(label_of(field) for field in fields)
    return event.reason


def _sentence(event, who, data):
    if event.kind == "status":
        return _status_sentence(event, who)
    if event.kind in {"step", "step refused"}:
        step = dict(StepKind.choices).get(data.get("step"), data.get("step", ""))
        text = _("Step done: %(step)s.") if event.kind == "step" else _("Meta refused this step: %(step)s.")
        return text % {"step": step}
    verb = str(dict(ReviewDecision.Verb.choices).get(data.get("verb"), "")).lower()
    words = {
        "name": who if event.actor or not data.get("by") else data["by"],
        "verb": verb,
        "before": data.get("before", ""),
        "document": data.get("document", ""),
        "number": phone_text(data.get("number", "")),
    }
    if event.kind == "decided" and data.get("waits"):
        return _("%(name)s decided: %(verb)s. A colleague has to confirm it.") % words
    texts = {
        "started": _("%(name)s began the application."),
        "signed": _("%(name)s signed the policies."),
        "submitted": _("%(name)s changed these answers."),
        "claimed": _("%(name)s took it."),
        "released": _("%(name)s put it back into the queue."),
        "taken over": _("%(name)s took it over from %(before)s."),
        "decided": _("%(name)s decided: %(verb)s."),
        "undone": _("%(name)s undid the decision: %(verb)s."),
        "overtaken": _("The decision of %(name)s came too late and had no effect: %(verb)s."),
        "refusal confirmed": _("%(name)s confirmed the refusal."),
        "refusal declined": _("%(name)s didn't confirm the refusal."),
        "document_added": _("%(name)s added a document: %(document)s."),
        "document_removed": _("%(name)s removed a document: %(document)s."),
        "number_asked": _("%(name)s asked for a further number: %(number)s."),
        "number_withdrawn": _("%(name)s withdrew the further number %(number)s."),
        "number_decided": _("%(name)s decided on the further number %(number)s."),
        "reminded": _("The business was reminded."),
        "stalled": _("The last reminder has left; nothing happened since."),
        "reminders paused": _("Somebody at the business paused the reminders."),
        "reminders stopped": _("Somebody at the business stopped the reminders."),
        "reminders wanted": _("Somebody at the business wants the reminders again."),
        "signup started": _("%(name)s opened Facebook's window."),
        "signup left": _("Facebook's window was left before the end."),
        "signup failed": _("What came from Facebook's window couldn't be connected."),
        "signup connected": _("%(name)s connected the account through Facebook's window."),
        "signup renewed": _("%(name)s renewed the access through Facebook's window."),
        "signup given up": _("%(name)s went back to the usual way."),
        "screening contested": _("%(name)s asked for a person to look at the screening."),
    }
    text = texts.get(event.kind)
    return text % words if text else f"{who}: {event.kind.replace('_', ' ')}"


def _status_sentence(event, who):
    status = ApplicationStatus
    texts = {
        (status.DRAFT, status.SUBMITTED): _("%(name)s sent the application to review."),
        (status.CHANGES_REQUESTED, status.SUBMITTED): _("%(name)s sent the corrections."),
        (status.SUBMITTED, status.CHANGES_REQUESTED): _("%(name)s asked the business for changes."),
        (status.SUBMITTED, status.APPROVED): _("%(name)s approved it; the steps at Meta began."),
        (status.SUBMITTED, status.REJECTED): _("%(name)s refused it."),
        (status.APPROVED, status.LIVE): _("A real message came in and was answered: the number is live."),
    }
    text = texts.get((event.old_status, event.new_status))
    if text:
        return text % {"name": who}
    new = dict(status.choices).get(event.new_status, event.new_status)
    return pgettext("history", "%(name)s changed the status to: %(status)s.") % {"name": who, "status": new}
