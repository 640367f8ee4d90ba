"""The policy screening of an application: asked again whenever its words change, kept with the rulebook of the day."""

from config.clock import now
from onboarding import rulebook
from onboarding.models import ScreeningResult
from onboarding.rulebook import house
from onboarding.screening import screen
from onboarding.services import editions
from onboarding.services.highlight import marked
from onboarding.services.moves import note

PROHIBITED, NEEDS_REVIEW, ALLOWED = "prohibited", "needs_review", "allowed"

SECTOR_WORDS = {
    "ALCOHOL": "alcohol",
    "OTC_DRUGS": "over-the-counter medicine",
    "ONLINE_GAMBLING": "online gambling",
    "PHYSICAL_GAMBLING": "casino",
    "GOVT": "government",
}
"""Only sectors that the policy names tell the screening something; the others are too broad to judge by."""

KEPT_SITE_CHARACTERS = 20_000


def input_of(application):
    """The answers that the screening judges."""
    return {
        "activity": application.activity,
        "sector": application.sector,
        "recipient_countries": application.recipient_countries,
        "website": application.website,
        "country": application.country or application.business.country,
        "brand": application.brand or application.business.name,
    }


def latest(application):
    """The newest result that belongs to the present answers, or None."""
    result = application.screenings.order_by("-at", "-pk").first()
    if result is None:
        return None
    asked = input_of(application)
    return result if all(result.input.get(name) == value for name, value in asked.items()) else None


def refresh(application, *, website_text=""):
    """Screen the present answers unless that was done; with a website's text they are judged together with it."""
    if not application.activity:
        return None
    website_text = website_text[:KEPT_SITE_CHARACTERS]
    known = latest(application)
    if known is not None and known.input.get("website_text", "") == website_text:
        return known
    if known is not None and not website_text:
        return known
    asked = input_of(application) | {"website_text": website_text}
    with house.in_force() as state:
        verdict = judged(asked)
    editions.keep(rulebook.book.BOOK)
    contested = known is not None and known.contested_at and known.category == verdict.category
    return ScreeningResult.objects.create(
        business=application.business,
        application=application,
        input=asked,
        verdict=verdict.verdict,
        category=verdict.category,
        reasons=[
            {
                "code": reason.code,
                "rule": reason.rule,
                "text": reason.text,
                "words": list(dict.fromkeys(word.text for word in reason.words)),
            }
            for reason in verdict.reasons
        ],
        rulebook_version=verdict.rulebook_version,
        at=state.at,
        contested_at=known.contested_at if contested else None,
        contest_text=known.contest_text if contested else "",
    )


def judged(asked, as_of=None):
    """The verdict on answers as a ``ScreeningResult`` keeps them, by the rules of a day (today)."""
    return screen(
        asked.get("activity", ""),
        asked.get("brand", ""),
        asked.get("website_text", ""),
        asked.get("country", ""),
        recipient_countries=asked.get("recipient_countries") or (),
        sector=SECTOR_WORDS.get(asked.get("sector", ""), ""),
        as_of=as_of,
    )


def contest(application, text, *, actor):
    """Ask a person to look at a prohibited verdict; the application may go on until that person decides."""
    result = latest(application)
    if result is None or result.contested_at:
        return result
    result.contested_at, result.contest_text = now(), text
    result.save(update_fields=["contested_at", "contest_text"])
    note(application, "screening contested", actor=actor, category=result.category)
    return result


def is_settled(application):
    """Whether the screening lets the application go on: asked for these very answers, and not simply prohibited."""
    result = latest(application)
    return result is not None and (result.verdict != PROHIBITED or result.contested_at is not None)


def explained(result):
    """A result for a page: each reason in the reader's language with its source, the answers cut at the words found."""
    version = rulebook.Version.read(result.rulebook_version)
    book = rulebook.load(version.day) if version else None
    reasons, evidence = [], []
    for reason in result.reasons:
        rule = book.rules.get(reason["rule"]) if book else None
        reasons.append(
            {
                "text": rule.sentence if rule else reason["text"],
                "source": rule.source if rule else "",
                "is_house": bool(rule and rule.whose == "house"),
                "words": reason["words"],
            }
        )
        if book and result.verdict == NEEDS_REVIEW:
            evidence += [item for item in book.evidence_for(reason["rule"]) if item not in evidence]
    words = [word for reason in result.reasons for word in reason["words"]]
    site = result.input.get("website_text", "")
    return {
        "reasons": reasons,
        "evidence": evidence,
        "activity": marked(result.input.get("activity", ""), words),
        "site": _around(site, words),
        "version": result.rulebook_version,
    }


def _around(text, words, reach=70):
    """The places of a long text in which the words stand, a few words of context each."""
    places, at = [], 0
    for part, is_hit in marked(text, words):
        if is_hit and len(places) < 3:
            start, end = max(0, at - reach), at + len(part) + reach
            places.append(marked(text[start:end], words))
        at += len(part)
    return places
