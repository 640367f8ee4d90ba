"""What speaks for and against sending a badge request, in plain words and each with a way on (reference §7.1).

Only what the platform itself requires stops a request; what merely lowers its chances is said and left to the business.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.clock import now
from onboarding.models import BadgeState
from onboarding.services import badge_facts, badge_links
from providers.base import BusinessVerification, MessagingLimit, NameStatus, NumberStatus, Quality

OK, STOP, WARN, INFO = "ok", "stop", "warn", "info"
FIRST_LIMIT = 250


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list: how it stands, what that means, and where to go on (both may be empty)."""

    key: str
    look: str
    title: str
    text: str = ""
    url: str = ""
    link: str = ""

    @property
    def stops(self):
        return self.look == STOP


def about_number(row):
    """The checks on number and company. ``row`` is the ``BadgeRequest``; its number and account are read."""
    number, facts = row.phone_number, row.facts
    found = [
        _alive(row, number),
        _long_enough(number),
        _company(row, number),
        _pin(number, facts),
        _name(row, number),
        _quality(number),
        _limit(number),
    ]
    for more in (_app(facts), _restricted(number), _silent(facts)):
        if more:
            found.append(more)
    return found


def about_evidence(row):
    """The checks on the answers: one line for each link and, before it leaves, what the whole comes to."""
    counting = sum(badge_links.counts(link) for link in row.links)
    found = [about_link(link) for link in row.links]
    if row.state != BadgeState.CHECKED:
        return found
    most = badge_facts.figures().most_links
    if not row.links:
        found.append(
            Check(
                "links",
                WARN,
                _("No link to the press"),
                _("WhatsApp gives the badge to well-known brands and looks for them in the press. Add articles."),
            )
        )
    elif not counting:
        found.append(
            Check(
                "links",
                WARN,
                _("No link that counts"),
                _("With these links a refusal is nearly certain, and it costs you the wait. Look for other articles."),
            )
        )
    elif counting < most:
        text = ngettext(
            "%(counting)d link counts; WhatsApp reads up to %(most)d. More good ones help.",
            "%(counting)d links count; WhatsApp reads up to %(most)d. More good ones help.",
            counting,
        )
        found.append(Check("links", INFO, _("Room for more"), text % {"counting": counting, "most": most}))
    return found


def stopping(row):
    """The checks that keep this request from leaving."""
    return [check for check in about_number(row) if check.stops]


# ---- The number


def _page(row, name, *rest):
    return reverse(f"onboarding:{name}", args=[row.business.slug, *rest])


def _alive(row, number):
    status = NumberStatus(number.status or "unknown")
    if number.phone_number_id and number.registered_at and status == NumberStatus.CONNECTED:
        return Check("connected", OK, _("The number is connected"))
    if not number.registered_at:
        return Check(
            "connected",
            STOP,
            _("The number isn't connected yet"),
            _("First it goes through its own steps. Come back when it is live."),
            _page(row, "timeline"),
            _("See its steps"),
        )
    return Check(
        "connected",
        STOP,
        _("The number isn't connected right now"),
        _("Its page says what is wrong and what to do. Then look again."),
        _page(row, "number", number.reference),
        _("Open the number"),
    )


def _long_enough(number):
    days = badge_facts.figures().days_on_platform
    if not days:
        return Check("days", OK, _("No minimum time on the platform"))
    if number.registered_at is None:
        return Check("days", STOP, _("WhatsApp asks for %(n)d days on the platform") % {"n": days})
    over = number.registered_at + timedelta(days=days)
    if over <= now():
        return Check("days", OK, _("More than %(n)d days on the platform") % {"n": days})
    return Check(
        "days",
        STOP,
        _("WhatsApp asks for %(n)d days on the platform") % {"n": days},
        _("Yours are over on %(day)s. Keep the answers here until then.")
        % {"day": date_format(localtime(over), "DATE_FORMAT")},
    )


def _company(row, number):
    state = BusinessVerification((number.waba and number.waba.business_verification) or "unknown")
    if state == BusinessVerification.VERIFIED:
        return Check("company", OK, _("Meta has verified your company"))
    title = _("Meta has not verified your company")
    if state == BusinessVerification.UNKNOWN:
        title = _("Meta has not told us whether your company is verified")
    text = _(
        "The badge needs it. Open business.facebook.com, Settings, Security Center, “Start verification”. "
        "A verified company isn't the badge yet: it proves who you are, not how well known you are."
    )
    return Check("company", STOP, title, text, _page(row, "timeline"), _("See how verification works"))


def _pin(number, facts):
    known = facts.get("pin")
    if known or (known is None and number.pin):
        return Check("pin", OK, _("Two-step verification is on"))
    return Check(
        "pin",
        STOP,
        _("Two-step verification is off"),
        _("Somebody switched it off. Set a PIN in WhatsApp Manager under “Two-step verification”, then look again."),
    )


def _name(row, number):
    status = NameStatus(number.name_status or "unknown")
    if status == NameStatus.APPROVED:
        text = _("If the name changes later, WhatsApp judges the badge again.")
        return Check("name", OK, _("The display name is approved"), text)
    return Check(
        "name",
        STOP,
        _("The display name isn't approved"),
        _("The badge stands beside the name, so the name comes first."),
        _page(row, "number", number.reference),
        _("See where the name stands"),
    )


def _quality(number):
    quality = Quality(number.quality_rating or "not_rated")
    if quality == Quality.RED:
        return Check(
            "quality",
            WARN,
            _("The quality is low"),
            _("No fixed rule stops you, but WhatsApp looks at how people react. Wait until it has recovered."),
        )
    if quality == Quality.YELLOW:
        return Check("quality", INFO, _("The quality is medium"), _("It doesn't stop the request."))
    return Check("quality", OK, _("Nothing against the quality"))


def _limit(number):
    word = number.messaging_limit or (number.waba.messaging_limit if number.waba else "")
    people = MessagingLimit(word or "unknown").people_per_day
    if people is not None and people <= FIRST_LIMIT:
        return Check(
            "limit",
            INFO,
            _("You are still on the first messaging limit"),
            _("It is no condition. It rises as you write to more people who agreed; the badge doesn't change it."),
        )
    return Check("limit", OK, _("The messaging limit doesn't matter here"))


def _app(facts):
    if facts.get("on_app"):
        return Check(
            "app",
            STOP,
            _("The number is also used in the WhatsApp Business app"),
            _("Numbers in the app can't have this badge. It becomes possible once the number is on the API alone."),
        )
    return None


def _restricted(number):
    waba = number.waba
    if waba and (waba.restrictions or waba.status in {"disabled", "disabling", "disconnected"}):
        return Check(
            "policy",
            STOP,
            _("Meta has restricted the account"),
            _("The badge asks for accounts in good standing. Clear the restriction first."),
        )
    return None


def _silent(facts):
    if facts.get("trouble"):
        return Check(
            "answer",
            WARN,
            _("WhatsApp didn't tell us how the number stands"),
            _("What you see is from its last answer. Look again before you send."),
        )
    return None


# ---- The evidence


def about_link(link):
    """What the check found about one link."""
    look, text = _judged(link)
    return Check("link", look, link.get("title") or badge_facts.host_of(link["url"]), text, link["url"])


def _judged(link):
    kinds = {
        "own": _("Your own site. What a company says about itself isn't press."),
        "social": _("A social network. Profiles and posts don't count."),
        "listing": _("A listing. Directories, maps, reviews and shops don't count."),
        "paid": _("Marked as paid or a press release. WhatsApp doesn't count those."),
        "encyclopedia": _("Anybody can write there, so it proves little."),
        "short": _("A short address hides where it leads. Paste the address of the article itself."),
    }
    problems = {
        "gone": _("The page is gone. Find the article's new address."),
        "closed": _("The page doesn't open for us; a pay wall perhaps. WhatsApp's reader may see as little."),
        "private_address": _("The address leads into a private network, where nobody else can read it."),
    }
    if not link.get("read_at"):
        return INFO, _("Not read yet.")
    if link["kind"] in kinds:
        return WARN, kinds[link["kind"]]
    if link.get("problem"):
        return WARN, problems.get(link["problem"], _("We could not read the page. Check the address."))
    if link.get("names_brand") is False:
        return WARN, _("Your brand's name isn't on the page as your customers see it.")
    return OK, _("The page names your brand, and nothing shows that it was paid for.")
