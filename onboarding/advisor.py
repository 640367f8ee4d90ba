"""Which WhatsApp does a company need: WhatsApp, the WhatsApp Business app or the Business API?"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from config.clock import now
from onboarding.rulebook.book import read_files
from onboarding.rulebook.house import house_rule

PERSONAL, APP, API = "whatsapp", "business_app", "business_api"
NONE, OLD, CURRENT = "none", "old", "current"

Text = str | Promise


@dataclass(frozen=True, slots=True)
class AdvisorAnswers:
    """What the visitor said. ``platform`` is the contact center: none, old, current, or judged by its version."""

    conversations_per_day: int
    agents: int
    platform: str = NONE
    platform_version: str = ""
    sends_notifications: bool = False
    sends_promotions: bool = False
    integrates: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For keeping with the application."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Deciding:
    """A figure that decided, the limit it was held against, and the sentence that says so."""

    code: str
    value: int | str
    limit: int | str
    text: Text
    speaks_for: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison."""

    code: str
    label: Text
    whatsapp: Text
    business_app: Text
    business_api: Text


@dataclass(frozen=True, slots=True)
class Advice:
    """The recommendation; a company that prefers another way is never blocked."""

    recommendation: str
    name: Text
    deciding: tuple[Deciding, ...]
    reasons: tuple[Text, ...]
    hints: tuple[Text, ...]
    table: tuple[Row, ...]


NAMES: dict[str, Text] = {
    PERSONAL: _("WhatsApp"),
    APP: _("The WhatsApp Business app"),
    API: _("The WhatsApp Business API"),
}


def figures(as_of: dt.date | None = None) -> dict[str, Any]:
    """The advisor's limits as of a day: the platform's by dated data, our own by house rules."""
    day = as_of or now().date()
    held = [f for f in read_files()["advisor"]["figures"] if f["from"] <= day and day < f.get("until", dt.date.max)]
    at = None if as_of is None else dt.datetime.combine(as_of, dt.time.max, tzinfo=dt.UTC)
    return held[-1] | {
        "app_conversations_per_day": house_rule("advisor_app_conversations", at),
        "personal_conversations_per_day": house_rule("advisor_personal_conversations", at),
        "platform_version": house_rule("platform_version", at),
    }


def advise(answers: AdvisorAnswers, as_of: dt.date | None = None) -> Advice:
    """Recommend one of the three from the answers, with the figures that decided. Negative counts are read as 0."""
    limits = figures(as_of)
    agents, volume = max(answers.agents, 0), max(answers.conversations_per_day, 0)
    platform = _platform(answers, limits["platform_version"])
    deciding = _for_api(answers, agents, volume, platform, limits)
    recommendation = API if deciding else APP
    if not deciding:
        deciding = _for_app(agents, volume, limits)
        if agents <= 1 and volume <= limits["personal_conversations_per_day"] and platform == NONE:
            recommendation = PERSONAL
    hints: list[Text] = []
    if recommendation == API and platform == OLD:
        hints.append(
            _("Update your contact center to version %(version)s or later first.")
            % {"version": limits["platform_version"]}
        )
    if answers.sends_promotions and house_rule("promotional_templates") == "refused":
        hints.append(_("Promotional templates are not accepted by our house rule, though the platform allows them."))
    if recommendation != API:
        hints.append(_("You can apply for the API all the same; nothing here blocks you."))
    return Advice(
        recommendation,
        NAMES[recommendation],
        tuple(deciding),
        tuple(d.text for d in deciding),
        tuple(hints),
        comparison(limits),
    )


def _platform(answers: AdvisorAnswers, needed: str) -> str:
    if answers.platform == NONE or not answers.platform_version.strip():
        return answers.platform if answers.platform in {NONE, OLD, CURRENT} else NONE
    return CURRENT if _version(answers.platform_version) >= _version(needed) else OLD


def needed_platform(as_of: dt.date | None = None) -> str:
    """The first version of the contact-center platform that this channel works with, as of a day."""
    return str(figures(as_of)["platform_version"])


def judge_platform(platform: str, version: str, as_of: dt.date | None = None) -> str:
    """``none``, ``old`` or ``current`` for what somebody said; a version counts more than the word."""
    return _platform(AdvisorAnswers(0, 0, platform, version), needed_platform(as_of))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,6}", text)[:4])


def _for_api(
    answers: AdvisorAnswers, agents: int, volume: int, platform: str, limits: dict[str, Any]
) -> list[Deciding]:
    found = []
    devices, most = limits["app_devices"], limits["app_conversations_per_day"]
    if agents > devices:
        text = _("%(agents)d people at a time. The app takes one phone and %(linked)d more devices.") % {
            "agents": agents,
            "linked": devices - 1,
        }
        found.append(Deciding("agents", agents, devices, text, API))
    if volume > most:
        text = _(
            "%(volume)d conversations a day. Beyond about %(most)d, the app leaves messages without an owner, "
            "because it assigns none."
        ) % {"volume": volume, "most": most}
        found.append(Deciding("volume", volume, most, text, API))
    if answers.sends_notifications or answers.sends_promotions:
        text = _("You write first. Beyond 24 hours this takes approved templates, and only the API has them.")
        found.append(Deciding("outbound", "yes", "24 h", text, API))
    if platform != NONE:
        text = _("You have a contact center. Only the API connects to it.")
        found.append(Deciding("platform", platform, limits["platform_version"], text, API))
    elif answers.integrates:
        text = _("You want it connected to your systems. Only the API connects to other programs.")
        found.append(Deciding("integration", "yes", "no", text, API))
    return found


def _for_app(agents: int, volume: int, limits: dict[str, Any]) -> list[Deciding]:
    devices, most = limits["app_devices"], limits["app_conversations_per_day"]
    people = ngettext_lazy(
        "%(agents)d person answers. The app takes up to %(devices)d devices.",
        "%(agents)d people answer. The app takes up to %(devices)d devices.",
        "agents",
    ) % {"agents": agents, "devices": devices}
    daily = ngettext_lazy(
        "%(volume)d conversation a day. The app copes with about %(most)d.",
        "%(volume)d conversations a day. The app copes with about %(most)d.",
        "volume",
    ) % {"volume": volume, "most": most}
    return [Deciding("agents", agents, devices, people, APP), Deciding("volume", volume, most, daily, APP)]


def comparison(limits: dict[str, Any] | None = None) -> tuple[Row, ...]:
    """The three side by side."""
    known = limits or figures()
    return (
        Row(
            "users",
            _("People at a time"),
            "1",
            _("Up to %(devices)d devices") % {"devices": known["app_devices"]},
            _("No limit"),
        ),
        Row(
            "volume",
            _("Conversations a day"),
            _("A few"),
            _("Up to about %(most)d") % {"most": known["app_conversations_per_day"]},
            _("Thousands"),
        ),
        Row("agents", _("Assign and measure"), _("No"), _("Labels"), _("Queues, teams and reports")),
        Row(
            "integration",
            _("Connects to your systems"),
            _("No"),
            _("No"),
            _("Contact center, CRM and your own programs"),
        ),
        Row("history", _("Shared history"), _("On the phone"), _("On the phone"), _("Of all channels")),
        Row(
            "templates",
            _("Writing first"),
            _("By hand"),
            _("Lists of %(size)d") % {"size": known["app_broadcast_list"]},
            _("Approved templates, with opt-in"),
        ),
        Row("price", _("Price"), _("Free"), _("Free"), _("Per message, by country")),
        Row("setup", _("Getting started"), _("A minute"), _("Ten minutes"), _whole_way()),
    )


def _whole_way() -> Text:
    """How long the way to the API takes by house rule."""
    least, most = house_rule("estimate_days_from"), house_rule("estimate_days_to")
    if least % 7 == 0 and most % 7 == 0:
        return _("%(least)d to %(most)d weeks") % {"least": least // 7, "most": most // 7}
    return _("%(least)d to %(most)d days") % {"least": least, "most": most}
