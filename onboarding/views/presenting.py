"""What the pages show: answers as rows, the side panel's figures. The timeline is ``views/road.py``."""

from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.templatetags.ui import phone as phone_text
from onboarding import wizard
from onboarding.enums import CodeMethod, Sector
from onboarding.forms import company
from onboarding.models import OnboardingApplication
from onboarding.phone_types import describe_number
from onboarding.services import documents, name_checks, parts, screenings, statement
from tenants.forms import countries


def journey(application, step):
    """What every page of the wizard says: which question, how many are left, about how long."""
    open_steps = [entry for entry in wizard.STEPS if not entry.is_complete(application)]
    others = [entry for entry in open_steps if step is None or entry.slug != step.slug]
    minutes = sum(entry.minutes for entry in open_steps)
    previous = wizard.before(step) if step else wizard.STEPS[-1]
    following = wizard.after(step) if step else None
    return {
        "application": application,
        "step": step,
        "number": wizard.position(step) if step else wizard.TOTAL,
        "total": wizard.TOTAL,
        "previous": previous,
        "next_url": reverse("onboarding:step", args=[application.business.slug, following.slug]) if following else "",
        "open_count": len(others),
        "left_text": left_text(len(others), minutes),
    }


def left_text(questions, minutes):
    """How much is left, in a sentence."""
    if not questions:
        return _("You. After this you only check your answers.")
    count = ngettext("%(n)d more question", "%(n)d more questions", questions) % {"n": questions}
    return _("You. %(count)s, about %(minutes)d minutes. You can go on later, on any device.") % {
        "count": count,
        "minutes": max(minutes, 1),
    }


def extras(step, application, form):
    """What a single page needs besides its form."""
    if step.slug == "display-name":
        name = form["display_name"].value() or ""
        return {"findings": name_checks.findings(application, name), "shown_name": name or application.brand}
    if step.slug == "number":
        typed, region = form["phone"].value() or "", form["phone_region"].value() or ""
        return {
            "facts": number_facts(typed, region) if application.phone or form.is_bound else None,
            "further": further_rows(application),
        }
    if step.slug == "contact":
        host = (urlsplit(application.website).hostname or "").removeprefix("www.")
        return {"site": host, "advice": company.mail_advice(application)}
    if step.slug == "company":
        return {"hints": {}}
    return {}


def part_extras(step, application, form):
    """``extras`` for a colleague who sees this one page: nothing about other pages."""
    if step.slug != "number":
        return {}
    typed, region = (form["phone"].value(), form["phone_region"].value()) if form else (application.phone, "")
    return {"facts": number_facts(typed or "", region or "") if typed else None}


def number_facts(typed, region):
    """The number as we read it, its type and how its code should arrive; None while it isn't complete."""
    facts = describe_number(str(typed), region)
    return facts if facts.usable else None


# Answers as rows


def shown(application, name):
    """One saved answer as a person reads it."""
    value = getattr(application, name)
    if value in ("", None, []):
        return ""
    if name == "recipient_countries":
        names = dict(countries())
        return ", ".join(names.get(code, code) for code in value)
    if name == "country":
        return dict(countries()).get(value, value)
    if name == "sector":
        return str(dict(Sector.choices).get(value, value))
    if name == "code_method":
        return str(dict(CodeMethod.choices).get(value, value))
    if name in {"phone", "contact_phone"}:
        return phone_text(value)
    if name == "name_is_permanent":
        return _("Yes") if value else _("No")
    return str(value)


def label(name):
    """What the question for a field is called."""
    step = wizard.step_of(name)
    if step:
        return str(step.form.base_fields[name].label)
    return str(OnboardingApplication._meta.get_field(name).verbose_name)


def answer_rows(application, fields):
    """``(label, saved value)`` for some fields."""
    return [(label(name), shown(application, name)) for name in fields]


def document_rows(application):
    """``(paper, names of its files)`` for every paper that is required or there."""
    names = {}
    for row in documents.current(application):
        names.setdefault(row.kind, []).append(row.file_name)
    return [
        (documents.title(paper), ", ".join(names.get(paper.kind, [])))
        for paper in documents.asked(application)
        if paper.required or paper.kind in names
    ]


def further_rows(application):
    """The further numbers that were asked for, with their state."""
    from onboarding.views.further_numbers import rows_of  # that page's view imports this module

    return rows_of(application)


def groups(application):
    """All answers by step, with whether each step is complete and which colleague filled it in."""
    rows, asked = [], asked_of_colleagues(application)
    for step in wizard.STEPS:
        if step.slug == "signing":
            when = application.signed_at if statement.is_valid(application) else None
            entries = [(_("Signed by"), application.signed_name if when else "")]
        elif step.slug == "documents":
            entries = document_rows(application)
        else:
            entries = answer_rows(application, step.fields)
        if step.slug == "number":
            entries += [
                (_("Further number"), f"{phone_text(entry['row'].e164)}, {entry['row'].area}. {entry['word']}")
                for entry in further_rows(application)
            ]
        rows.append(
            {
                "step": step,
                "rows": entries,
                "complete": step.is_complete(application),
                "note": _note(step, application),
                "by": asked.get(step.slug, ""),
            }
        )
    return rows


def _note(step, application):
    if step.slug == "contact":
        return company.mail_advice(application)
    if step.slug == "screening":
        result = screenings.latest(application)
        if result and result.verdict != "allowed":
            return _("A person looks at this before we go on.")
    return ""


def advice_lines(application):
    """What the advisor said before, if it was asked."""
    return application.advice.get("headline", "") if application.advice else ""


def tasks(application):
    """The steps of a draft for the task list: (step, kind of badge, word, hint)."""
    rows, first_open = [], True
    asked = asked_of_colleagues(application)
    for step in wizard.STEPS:
        if step.is_complete(application):
            note = " ".join(part for part in (asked.get(step.slug, ""), str(_note(step, application))) if part)
            rows.append({"step": step, "look": "ok", "word": _("Done"), "hint": note})
            continue
        if step.is_begun(application):
            word, look = _("Look again"), "warn"
        elif first_open:
            word, look = _("Next"), "now"
        else:
            word, look = _("Pending"), "pending"
        first_open = False
        minutes = ngettext("%(n)d minute", "%(n)d minutes", step.minutes) % {"n": step.minutes}
        hint = " · ".join(part for part in (minutes, asked.get(step.slug, "")) if part)
        rows.append({"step": step, "look": look, "word": word, "hint": hint})
    return rows


def asked_of_colleagues(application):
    """Step's slug -> who was asked for it or has filled it in."""
    from onboarding.views.parts import words_of  # that page's view imports this module

    return {slug: words_of(row) for slug, row in parts.by_step(application).items()}
