"""What news about a number or account means, in plain words: what happened, what it stops, what to do, where to appeal.

Meta: "account_update webhook reference" and "Policy enforcement" (2025-11), "Messaging limits" (2025-10-07), "Quality
rating". Words that nobody has described yet are quoted.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.clock import now
from onboarding.models import NewsKind
from onboarding.services import number_violations
from providers.words import MessagingLimit, NameStatus, NumberStatus, Quality, ReviewDecision

APPEAL_URL = "https://business.facebook.com/business-support-home"
MANAGER_URL = "https://business.facebook.com/wa/manage/phone-numbers/"


@dataclass(frozen=True, slots=True)
class Told:
    """News in words. ``look`` is as in ``status_badge``; ``is_told`` says that it goes out by mail, too."""

    look: str
    title: str
    body: str = ""
    what_to_do: str = ""
    link: str = ""
    link_text: str = ""
    is_told: bool = False


def describe(row):
    """A ``NumberNews`` in the active language."""
    return _DESCRIBERS.get(row.kind, _other)(row)


def _appeal():
    return {"link": APPEAL_URL, "link_text": _("Appeal in Business Support")}


def _manager():
    return {"link": MANAGER_URL, "link_text": _("Open WhatsApp Manager")}


def _quality(row):
    word, before = Quality(row.what), Quality(row.before or "unknown")
    first = before in {Quality.UNKNOWN, Quality.NOT_RATED}
    if word == Quality.RED:
        return Told(
            "stop",
            _("Quality is low"),
            _("Many people blocked or reported the number in the last days. The messaging limit stays as it is."),
            _("Stop campaigns, write only to people who agreed and expect it, and say in the first line who you are."),
            is_told=True,
        )
    if word == Quality.YELLOW:
        return Told(
            "warn",
            _("Quality is medium"),
            _("Some people blocked or reported the number in the last days."),
            _("Look at the templates you sent last: fewer, expected, with a way to stop."),
            is_told=before == Quality.GREEN,
        )
    if word == Quality.GREEN:
        return Told(
            "ok", _("Quality is high"), "" if first else _("People rarely block or report the number now."),
            is_told=before == Quality.RED,
        )  # fmt: skip
    return Told("pending", _("Quality isn't rated"), _("Meta rates once enough messages were sent."))


def limit_words(word):
    """A messaging limit in words."""
    from config.templatetags.ui import number as figure  # a template library; it reads settings when it is loaded

    limit = MessagingLimit(word or "unknown")
    if limit == MessagingLimit.UNLIMITED:
        return _("No limit")
    if limit.people_per_day:
        return _("%(n)s people in 24 hours") % {"n": figure(limit.people_per_day)}
    return _("Not known yet")


def _limit(row):
    old, new = MessagingLimit(row.before or "unknown"), MessagingLimit(row.what or "unknown")
    title = _("Writing first: %(limit)s") % {"limit": limit_words(row.what)}
    if _size(old) is None or _size(new) is None or _size(new) >= _size(old):
        return Told("ok", title, _("It counts for all numbers of your Business ID together."))
    return Told(
        "warn",
        title,
        _("It was %(limit)s before.") % {"limit": limit_words(row.before)},
        _("Campaigns go out in parts now. Write to fewer people who are glad of it, and the limit rises by itself."),
        is_told=True,
    )


def _size(limit):
    return float("inf") if limit == MessagingLimit.UNLIMITED else limit.people_per_day


def _limit_reached(row):
    return Told(
        "wait",
        _("The messaging limit is used up"),
        _("Messages that write to somebody first wait here and leave as places become free in the moving 24 hours."),
        _("Answer people who write as usual; replies don't count. Verify the company to raise the limit."),
        is_told=True,
    )


def _throughput(row):
    return Told("ok", _("Up to %(n)s messages a second") % {"n": row.what})


def _status(row):
    word = NumberStatus(row.what)
    texts = {
        NumberStatus.CONNECTED: lambda: Told(
            "ok", _("The number is connected"), is_told=row.before not in {"", "pending", "unverified", "unknown"}
        ),
        NumberStatus.RESTRICTED: lambda: Told(
            "stop",
            _("Meta has restricted the number"),
            _("It may answer people, but not write first."),
            _("Stop campaigns. Look in Business Support which rule is meant, and ask for a review if it is an error."),
            is_told=True,
            **_appeal(),
        ),
        NumberStatus.FLAGGED: lambda: Told(
            "warn",
            _("Meta has flagged the number"),
            _("Many people blocked or reported it."),
            _("Write only to people who agreed. Meta looks again after a week."),
            is_told=True,
        ),
        NumberStatus.RATE_LIMITED: lambda: Told(
            "wait",
            _("The number was slowed down"),
            _("It sent more than it may at once. We wait and go on by ourselves."),
        ),
        NumberStatus.BANNED: lambda: Told(
            "stop",
            _("Meta has banned the number"),
            _("Nothing can be sent or received with it."),
            _("Ask for a review within Business Support. Until it is lifted, use another number."),
            is_told=True,
            **_appeal(),
        ),
        NumberStatus.DISCONNECTED: lambda: Told(
            "stop",
            _("The number was disconnected"),
            _("It can't send or receive."),
            _("If you did this, there is nothing to do. Otherwise write to us; our team registers it again."),
            is_told=True,
        ),
        NumberStatus.DELETED: lambda: Told("stop", _("The number was deleted at Meta"), is_told=True),
        NumberStatus.MIGRATED: lambda: Told("stop", _("The number was moved to another account"), is_told=True),
        NumberStatus.UNVERIFIED: lambda: Told(
            "wait", _("The number has to be confirmed again"), what_to_do=_("Ask for a code and enter it.")
        ),
    }
    told = texts.get(word)
    return told() if told else Told("unknown", _("State at Meta: %(word)s") % {"word": row.what})


def _name(row):
    word = NameStatus(row.what)
    name = row.details
    if word.is_usable:
        return Told("ok", _("Display name approved"), name, is_told=True)
    if word == NameStatus.DECLINED:
        return Told(
            "stop",
            _("Display name refused"),
            name,
            _("People see the number instead of the name. Ask for another name on the number's page."),
            is_told=True,
        )
    if word == NameStatus.EXPIRED:
        return Told(
            "warn", _("The approval of the display name ran out"), name, _("Ask for the name again."), is_told=True
        )
    return Told("wait", _("Display name in review at Meta"), name)


def _restriction(row):
    title, stops, do = number_violations.restriction(row.what)
    over = row.until is not None and row.until <= now()
    return Told(
        "closed" if over else "stop",
        title,
        row.details or stops,
        _("It is over.") if over else do,
        is_told=True,
        **({} if over else _appeal()),
    )


def _violation(row):
    return Told(
        "warn",
        _("Meta found a breach of its policy: %(what)s") % {"what": number_violations.violation(row.what)},
        row.details,
        _(
            "Stop what it is about at once. A first warning stops nothing; then come 1 to 3 days without templates, "
            "5 to 30 days without any message, and in the end the account is closed."
        ),
        is_told=True,
        **_appeal(),
    )


def _ban(row):
    if row.what == "REINSTATE":
        return Told("ok", _("Meta has opened the account again"), _("Messages can be sent as before."), is_told=True)
    if row.what == "SCHEDULE_FOR_DISABLE":
        return Told(
            "stop",
            _("Meta is going to close this account"),
            _("Until then everything works. Named day: %(day)s.") % {"day": row.details} if row.details else "",
            _("Ask for a review now; the answer usually comes in one or two days."),
            is_told=True,
            **_appeal(),
        )
    return Told(
        "stop",
        _("Meta has closed this account"),
        _("No number of the account can send or receive."),
        _("Ask for a review. Write to us as well; we tell you what else is possible."),
        is_told=True,
        **_appeal(),
    )


def _account(row):
    told = number_violations.account(row.what)
    if told is None:
        look = "ok" if row.what.lower() == "active" else "unknown"
        return Told(look, _("Account at Meta: %(word)s") % {"word": row.what.lower()}, row.details)
    look, title, do = told
    return Told(
        look, title, row.details or number_violations.disconnection(row.before), do, is_told=look in {"stop", "ok"}
    )


def _review(row):
    decision = ReviewDecision(row.what)
    if decision == ReviewDecision.APPROVED:
        return Told("ok", _("Account approved by Meta"))
    if decision == ReviewDecision.REJECTED:
        return Told(
            "stop",
            _("Meta has refused the account"),
            _("Its numbers can't be used."),
            _("Ask for a review in Business Support, and write to us."),
            is_told=True,
            **_appeal(),
        )
    return Told("wait", _("Account in review at Meta"))


def _verification(row):
    if row.what == "verified":
        return Told("ok", _("Meta has verified the company"), _("The messaging limit rises and the badge is possible."))
    if row.what in {"rejected", "failed", "revoked"}:
        return Told(
            "stop",
            pgettext("company", "Meta has not accepted the verification"),
            "",
            _("Look in the Security Center of Meta Business Suite what is missing and send it again."),
            is_told=True,
        )
    return Told("wait", _("Verification of the company: %(word)s") % {"word": row.what.replace("_", " ")})


def _health(row):
    if row.what == "blocked":
        return Told("stop", _("Meta says: nothing can be sent"), row.details, is_told=True, **_manager())
    if row.what == "limited":
        return Told("warn", _("Meta says: sending is limited"), row.details)
    return Told("ok", _("Meta says: sending works"))


def _alert(row):
    look, title, do = number_violations.alert(row.what)
    return Told(look, title, row.details, do, is_told=look in {"warn", "stop"})


def _security(row):
    look, title, do = number_violations.security(row.what)
    return Told(look, title, row.details, do, is_told=look in {"warn", "stop"})


def _badge(row):
    on = row.what == "True"
    return Told("ok" if on else "pending", _("The number has the official badge") if on else _("The badge is gone"))


def _other(row):
    return Told("unknown", row.what, row.details)


_DESCRIBERS = {
    NewsKind.QUALITY: _quality,
    NewsKind.LIMIT: _limit,
    NewsKind.LIMIT_REACHED: _limit_reached,
    NewsKind.THROUGHPUT: _throughput,
    NewsKind.STATUS: _status,
    NewsKind.NAME: _name,
    NewsKind.BADGE: _badge,
    NewsKind.RESTRICTION: _restriction,
    NewsKind.VIOLATION: _violation,
    NewsKind.BAN: _ban,
    NewsKind.ACCOUNT: _account,
    NewsKind.REVIEW: _review,
    NewsKind.VERIFICATION: _verification,
    NewsKind.HEALTH: _health,
    NewsKind.ALERT: _alert,
    NewsKind.SECURITY: _security,
}
