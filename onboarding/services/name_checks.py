"""The display name against the company's own website: read by a worker, judged here, shown while one types.

A page never reads a website. It writes a row that asks for it; a worker fetches the page and keeps it, and from then
on every name that is typed is judged against that copy at once.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config import hints
from config.clock import now
from onboarding import rulebook
from onboarding.display_name import check_display_name
from onboarding.display_name.fetch import SiteUnreachable, fetch_site
from onboarding.enums import ApplicationStatus as Status
from onboarding.models import NameCheck
from onboarding.rulebook import house
from onboarding.services import editions, screenings
from onboarding.services.highlight import marked
from tenants import live
from tenants.tenancy import acting_for, every_business

logger = logging.getLogger(__name__)

TASK = "onboarding.tasks.check_display_name"
KEPT_CHARACTERS = 400_000
FRESH = timedelta(hours=12)
"""How long a copy of the website serves for other names before it is read again."""
AGAIN_AFTER = timedelta(seconds=30)
GIVE_UP_AFTER = timedelta(days=1)
RELATION = {"not_on_website", "unrelated_to_brand"}
"""Reasons that need the website; without its copy they can't be judged."""


def _name(application):
    return application.display_name or application.brand or application.business.name


def request(application, *, again=False):
    """Ask for a check of the present name and website; returns the row, or None while there is no website.

    The same question isn't asked twice; ``again`` (a person pressed the button) reads the website anew.
    """
    if not application.website:
        return None
    name, website = _name(application), application.website
    copy = _site_copy(application)
    same = application.name_checks.filter(display_name=name, website=website).order_by("-requested_at", "-pk").first()
    if same is not None and same.checked_at is None:
        _hint(same)
        return same
    if same is not None and (not again or now() - same.requested_at < AGAIN_AFTER):
        return same
    check = NameCheck.objects.create(
        business=application.business,
        application=application,
        display_name=name,
        website=website,
        requested_at=now(),
    )
    if copy is not None and not again and now() - copy.checked_at < FRESH:
        _judge(check, application, copy.snapshot)
    else:
        _hint(check)
    return check


def _hint(check):
    hints.after_commit(TASK, check.pk)


def latest(application):
    """The newest check of the present name and website, finished or not; or None."""
    rows = application.name_checks.filter(display_name=_name(application), website=application.website)
    return rows.order_by("-requested_at", "-pk").first()


def _site_copy(application):
    """The newest check that read the present website, whatever the name was."""
    read = application.name_checks.filter(website=application.website).exclude(checked_at=None).exclude(snapshot="")
    return read.order_by("-checked_at").first()


def run(pk):
    """Read the website of one check and judge the name by it (a worker's work; it waits for the network).

    Whatever happens ends in the row: the site's page, or why it can't be read. Repeating it changes nothing.
    """
    with acting_for(NameCheck, pk) as check:
        if check.checked_at is not None:
            return {"checked": False}
        website = check.website
    problem, html, text = None, "", ""
    try:
        site = fetch_site(website)
        html, text = site.html.replace("\x00", ""), site.text.replace("\x00", "")
    except SiteUnreachable as exc:
        problem = exc
    except Exception as exc:
        logger.exception("The website of name check %s could not be read", pk)
        problem = SiteUnreachable("broken")
        problem.__cause__ = exc
    with acting_for(NameCheck, pk) as check, transaction.atomic():
        check = NameCheck.objects.select_for_update().select_related("application__business").get(pk=pk)
        if check.checked_at is not None:
            return {"checked": False}
        application = check.application
        with translation.override(application.business.language or None):
            _judge(check, application, html[:KEPT_CHARACTERS], problem=str(problem.sentence) if problem else "")
            if text and check.website == application.website and application.status == Status.DRAFT:
                screenings.refresh(application, website_text=text)
    return {"checked": True, "readable": problem is None}


def _judge(check, application, html, problem=""):
    asked = asked_with(application)
    with house.in_force() as state:
        verdict, check.verdict, check.reasons = judged(check.display_name, check.website, asked, html, bool(problem))
    editions.keep(rulebook.book.BOOK)
    check.asked, check.rulebook_version = asked, verdict.rulebook_version
    check.snapshot, check.problem, check.checked_at = html, problem, state.at
    check.score = None if problem else verdict.score
    check.evidence = [{"where": piece.place, "snippet": piece.snippet} for piece in verdict.evidence]
    check.save()
    live.emit("name_check", application=str(application.reference))


def asked_with(application):
    """The answers that are judged together with a name."""
    return {
        "brand": application.brand,
        "legal_name": application.legal_name,
        "country": application.country,
    }


def judged(name, website, asked, html, unreadable, as_of=None):
    """``(what the check says, verdict, reasons)`` as a ``NameCheck`` keeps them, by the rules of a day (today).

    Without the page nothing is said about the relation between the two, and a name fails for nothing else.
    """
    found = check_display_name(
        name, asked.get("brand", ""), asked.get("legal_name", ""), website, html, asked.get("country", ""), as_of
    )
    reasons = [
        {"code": reason.code, "rule": reason.rule, "text": reason.text, "severity": reason.severity}
        for reason in found.reasons
        if html or reason.code not in RELATION
    ]
    verdict = found.verdict
    if unreadable and verdict == "fail" and not any(reason["severity"] == "fail" for reason in reasons):
        verdict = "warn"
    return found, verdict, reasons


def _verdict(application, name, html):
    return check_display_name(
        name, application.brand, application.legal_name, application.website, html, application.country
    )


def run_waiting():
    """Run the checks that no hint reached; returns how many were looked at."""
    with every_business():
        waiting = NameCheck.objects.filter(
            checked_at=None, requested_at__lt=now() - AGAIN_AFTER, requested_at__gt=now() - GIVE_UP_AFTER
        )
        pks = list(waiting.order_by("requested_at").values_list("pk", flat=True)[:20])
    for pk in pks:
        try:
            run(pk)
        except Exception:
            logger.exception("Name check %s failed", pk)
    return {"due": len(pks)}


# For the page


def findings(application, name):
    """What speaks for and against a name, ready for the page; judged against the copy of the website if there is one.

    A dict: ``state`` (``read``, ``pending``, ``unreadable``, ``no_site``), ``checks`` (look, title, text, evidence),
    ``prediction``, ``suggestion``, ``score``, ``copy`` (the row with the page as it was read), ``problem``.
    """
    name = " ".join(name.split()) if name else ""
    newest = application.name_checks.filter(website=application.website).order_by("-requested_at", "-pk").first()
    copy = _site_copy(application) if application.website else None
    if not application.website:
        state = "no_site"
    elif copy is not None:
        state = "read"
    elif newest is not None and newest.checked_at is None:
        state = "pending"
    else:
        state = "unreadable" if newest is not None else "no_site"
    result = {
        "state": state,
        "reading": newest is not None and newest.checked_at is None,
        "name": name,
        "checks": [],
        "prediction": "",
        "suggestion": "",
        "score": None,
        "copy": copy,
        "problem": newest.problem if newest is not None and state == "unreadable" else "",
    }
    if not name:
        return result
    html = copy.snapshot if copy else ""
    verdict = _verdict(application, name, html)
    reasons = [reason for reason in verdict.reasons if copy is not None or reason.code not in RELATION]
    severe = {reason.severity for reason in reasons}
    for reason in reasons:
        result["checks"].append(
            {
                "look": "stop" if reason.severity == "fail" else "wait",
                "icon": "stop" if reason.severity == "fail" else "warn",
                "title": TITLES.get(reason.code, lambda: _("A rule of the guideline"))(),
                "text": reason.text,
            }
        )
    if copy is not None and not any(reason.code in RELATION for reason in reasons):
        result["checks"].append(
            {
                "look": "ok",
                "icon": "check",
                "title": _("The name can be seen on your website"),
                "text": "",
                "evidence": [
                    (place_name(piece.place), _cut(piece.snippet, name, application.brand))
                    for piece in verdict.evidence[:4]
                ],
            }
        )
    elif copy is not None and verdict.evidence:
        result["checks"][-1]["evidence"] = [
            (place_name(piece.place), _cut(piece.snippet, application.brand)) for piece in verdict.evidence[:3]
        ]
    if not any(reason.code not in RELATION for reason in reasons):
        result["checks"].append(
            {
                "look": "ok",
                "icon": "check",
                "title": _("The format is right"),
                "text": _("No run of capitals, no repeated signs, no emoji, no web address, no look-alike letters."),
            }
        )
    result["score"] = verdict.score if copy is not None else None
    result["suggestion"] = verdict.suggestion if verdict.suggestion != name else ""
    result["prediction"] = _prediction(severe, copy is not None)
    return result


def _cut(snippet, *words):
    return marked(snippet, words)


def _prediction(severe, has_read):
    if "fail" in severe:
        return _("WhatsApp would probably refuse this name.")
    if "warn" in severe:
        return _("It may pass, but a person has to judge.")
    return _("It should pass.") if has_read else _("The format is right; your website decides the rest.")


def summary(check):
    """One line about a finished check, for the page where all answers are checked."""
    if check is None or check.checked_at is None:
        return ""
    if check.problem:
        return _("We couldn't read your website: %(problem)s") % {"problem": check.problem}
    count = len(check.reasons)
    if not count:
        return _("The name fits the guideline and can be seen on your website.")
    return ngettext("%(n)d rule is in doubt.", "%(n)d rules are in doubt.", count) % {"n": count}


def place_name(place):
    """Where on a page something stands."""
    names = {
        "title": _("Title"),
        "site_name": _("Site name"),
        "structured_data": _("Structured data"),
        "logo": _("Logo"),
        "brand_link": _("Beside the logo"),
        "heading": _("Heading"),
        "footer": _("Legal footer"),
        "description": _("Description"),
        "text": _("Text"),
    }
    return names.get(place, place)


TITLES = {
    "not_on_website": lambda: _("The name differs from your website"),
    "unrelated_to_brand": lambda: _("The name doesn't show that it is yours"),
    "too_short": lambda: _("Too short"),
    "too_long": lambda: _("Too long"),
    "generic_word": lambda: _("Only a generic word"),
    "location_only": lambda: _("Only a place"),
    "slogan": lambda: _("A slogan, not a name"),
    "test_name": lambda: _("A test name"),
    "person_name_only": lambda: _("A person's name"),
    "all_caps": lambda: _("All in capitals"),
    "bad_characters": lambda: _("Signs that aren't allowed"),
    "emoji": lambda: _("Emoji"),
    "url_in_name": lambda: _("A web address"),
    "phone_in_name": lambda: _("A phone number"),
    "punctuation_format": lambda: _("Too many signs"),
    "spacing": lambda: _("Irregular spaces"),
    "meta_brand": lambda: _("A brand of Meta"),
    "homoglyph": lambda: _("Letters of another alphabet"),
}
