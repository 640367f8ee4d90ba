"""What the template pages show, in words: statuses, findings beside their place, history, the list."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from providers import errors_text
from templates_hsm import languages, news_words, reasons
from templates_hsm.components import read
from templates_hsm.linter import ERROR, INFO, WARNING
from templates_hsm.models import CHECKED, IN_PLACE, AppealState, TemplateCategory, TemplateStatus
from templates_hsm.services import quotas, templates

MOVING = {TemplateStatus.HOUSE_REVIEW, TemplateStatus.SUBMITTING, TemplateStatus.PENDING, TemplateStatus.IN_APPEAL}
"""Statuses that change without the person who looks."""
LONGEST_EXCERPT = 60
MOST_IN_SUMMARY = 5
DOUBTFUL = {"VAR-RATIO-PROBED"}
"""Information that trials saw refused: no warning, and nothing to call safe."""


# Status


def status_of(template):
    """``kind``, ``icon``, ``word`` and ``meaning`` of a template's status."""
    status = TemplateStatus(template.status)
    look = reasons.LOOKS[status]
    word = template.status_raw if status == TemplateStatus.UNKNOWN and template.status_raw else status.label
    if template.category_waits and status == TemplateStatus.APPROVED:
        return {"kind": "warn", "icon": "warn", "word": word, "meaning": _("It waits for a consent to its new price.")}
    return {"kind": look.kind, "icon": look.icon, "word": word, "meaning": look.meaning}


def language_name(code):
    """The name of a language for the reader."""
    return languages.display_name(code, (get_language() or "en").split("-")[0])


def category_name(code):
    """The name of a category; an unknown one as it came."""
    return TemplateCategory(code).label if code in TemplateCategory.values else code


def quality_of(template):
    """``(kind, word)`` of Meta's judgement, or ``None``."""
    return reasons.QUALITY.get(template.quality)


def trouble_of(template):
    """Why it stands where it stands, and what to do: ``title``, ``fix``, ``kind`` and Meta's own words, or ``None``."""
    status = TemplateStatus(template.status)
    if template.changes is not None and status in {*IN_PLACE, TemplateStatus.REJECTED} and template.last_error:
        told = errors_text.explain(template.last_error_code, details=template.last_error)
        words = {"why": told.title, "fix": told.what_to_do}
        stays = _("%(why)s. %(fix)s The former text stays in force.") % words
        return {
            "kind": "stop",
            "title": _("Meta didn't take the change"),
            "fix": stays if status in IN_PLACE else "{why}. {fix}".format(**words),
            "said": template.last_error if told.is_known else "",
            "word": "",
        }
    if status == TemplateStatus.REJECTED:
        reason = reasons.explain_rejection(template.rejected_reason)
        return {
            "kind": "stop",
            "title": reason.title,
            "fix": reason.fix,
            "said": template.rejection_details,
            "word": template.rejected_reason,
        }
    if status == TemplateStatus.REFUSED:
        told = errors_text.explain(template.last_error_code, details=template.last_error)
        said = template.last_error if told.is_known else ""
        return {"kind": "stop", "title": told.title, "fix": told.what_to_do, "said": said, "word": ""}
    if status == TemplateStatus.SUBMITTING and template.submit_attempts and template.last_error:
        told = errors_text.explain(template.last_error_code, details=template.last_error)
        return {
            "kind": "wait",
            "title": told.title,
            "fix": _(
                "Nothing is lost. We try again by ourselves and this page follows; you don't need to do anything."
            ),
            "said": "",
            "word": "",
        }
    return None


# Findings beside their place


@dataclass(frozen=True)
class Told:
    """One finding as the form shows it: ``key`` names it when its fix is asked for, ``slot`` where it stands."""

    key: str
    slot: str
    kind: str
    icon: str
    text: str
    excerpt: str
    rule: str
    source: str
    house: bool
    fix: str

    @property
    def target(self):
        """The id of the control it belongs to."""
        return f"field-{self.slot}"


_KINDS = {ERROR: ("stop", "stop"), WARNING: ("", "warn"), INFO: ("info", "info")}
SLOTS = (
    "name",
    "language",
    "category",
    "header",
    "header_examples",
    "body",
    "body_examples",
    "footer",
    "buttons",
    "content",
    "cards",
    "kept",
)


def told(definition, findings):
    """The findings of a definition, each with its slot, in the linter's order."""
    template = read(definition)
    return [_told(finding, number, definition, template) for number, finding in enumerate(findings)]


def _told(finding, number, definition, template):
    kind, icon = _KINDS.get(finding.severity, _KINDS[WARNING])
    slot = slot_of(finding.path, template)
    if finding.rule == "VAR-EXAMPLE" and (slot in {"header", "body"} or slot.endswith("-body")):
        slot = f"{slot}_examples"
    return Told(
        key=fix_key(finding),
        slot=slot,
        kind=kind,
        icon=icon,
        text=finding.text,
        excerpt=_excerpt(definition, finding),
        rule=finding.rule,
        source=finding.source,
        house=finding.house,
        fix=finding.fix.label if finding.fix else "",
    )


def fix_key(finding):
    """A name for a finding that stays the same while the text does."""
    return f"{finding.rule}|{finding.path}|{finding.start if finding.start is not None else ''}"


def slot_of(path, template):
    """The part of the form a path of the definition belongs to; ``kept`` for what has no field."""
    steps = path.split(".")
    if steps[0] in {"name", "language", "category"}:
        return steps[0]
    if steps[0] == "languages":
        return "language"
    if steps[0] == "parameter_format" or path == "components":
        return "body"
    for slot, part in (("header", template.header), ("body", template.body), ("footer", template.footer)):
        if part is not None and (path == part.path or path.startswith(f"{part.path}.")):
            return f"{slot}_examples" if path.startswith(f"{part.path}.example") and slot != "footer" else slot
    if template.buttons_path and (path == template.buttons_path or path.startswith(f"{template.buttons_path}.")):
        inner = path.removeprefix(template.buttons_path).strip(".").split(".")
        return f"button-{inner[1]}" if len(inner) > 1 and inner[1].isdigit() else "buttons"
    if template.offer is not None and path.startswith(template.offer.path):
        return "content"
    if template.carousel_path and path.startswith(template.carousel_path):
        index = path.removeprefix(f"{template.carousel_path}.cards.").split(".")[0]
        known = index.isdigit() and int(index) < len(template.cards)
        return _card_slot(path, template.cards[int(index)]) if known else "cards"
    return "kept"


def _card_slot(path, card):
    """The place on a card: its text, one of its buttons, or the card as such (its file, what it consists of)."""
    if card.body is not None and path.startswith(card.body.path):
        return f"card-{card.index}-body"
    for button in card.buttons:
        if path == button.path or path.startswith(f"{button.path}."):
            return f"card-{card.index}-button-{button.index}"
    return f"card-{card.index}"


def _excerpt(definition, finding):
    if finding.start is None or finding.end is None or finding.end - finding.start > LONGEST_EXCERPT * 3:
        return ""
    value: Any = definition
    for step in finding.path.split("."):
        if isinstance(value, list | tuple) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return ""
    words = value[finding.start : finding.end].strip() if isinstance(value, str) else ""
    return words if len(words) <= LONGEST_EXCERPT else f"{words[:LONGEST_EXCERPT]}…"


def slots_of(items, buttons, cards=()):
    """``(slot, findings)`` for every place of the form, so that places without findings are emptied as well.

    ``buttons`` is how many the message has; ``cards`` says it for each card of a carousel.
    """
    slots = [*SLOTS, *(f"button-{index}" for index in range(buttons))]
    for index, count in enumerate(cards):
        slots += [f"card-{index}", f"card-{index}-body", f"card-{index}-body_examples"]
        slots += [f"card-{index}-button-{number}" for number in range(count)]
    by_slot: dict[str, list[Told]] = {slot: [] for slot in slots}
    for item in items:
        by_slot.setdefault(item.slot, []).append(item)
    return list(by_slot.items())


def is_as_refused(template, trouble, definition):
    """Whether Meta said no (``trouble``, of ``trouble_of``) to exactly what ``definition`` says."""
    if trouble is None or trouble["kind"] != "stop":
        return False
    asked = template.events.filter(kind=CHECKED).order_by("-at", "-pk").values_list("details__definition", flat=True)
    return asked.first() == definition


def summary_of(items, *, refused=False):
    """What stands above the form: how many findings prevent sending, how many are worth a look, and the outlook.

    ``refused`` says that Meta didn't take this very text.
    """
    errors = sum(item.kind == "stop" for item in items)
    warnings = sum(item.kind == "" for item in items)
    moves = any(item.rule in {"NOT-UTILITY", "PROMO-HOUSE"} for item in items)
    if errors:
        outlook = ("stop", _("Can't be sent yet"))
    elif moves:
        outlook = ("warn", _("May change category"))
    elif warnings or refused or any(item.rule in DOUBTFUL for item in items):
        outlook = ("warn", _("May be refused"))
    else:
        outlook = ("ok", _("Nothing speaks against it"))
    serious = [item for item in items if item.kind != "info"]
    first = serious[:MOST_IN_SUMMARY]
    more = len(serious) - len(first)
    return {"errors": errors, "warnings": warnings, "outlook": outlook, "first": first, "more": more}


BUTTONS = {
    "QUICK_REPLY": lambda: _("quick reply"),
    "URL": lambda: _("link"),
    "PHONE_NUMBER": lambda: _("call"),
    "OTP": lambda: _("one-time code"),
    "COPY_CODE": lambda: _("coupon code"),
    "FLOW": lambda: _("form"),
    "CATALOG": lambda: _("catalogue"),
    "VOICE_CALL": lambda: _("call on WhatsApp"),
}
PARTS = {
    "HEADER": lambda: _("a second header"),
    "BODY": lambda: _("a second body"),
    "FOOTER": lambda: _("a second footer"),
    "BUTTONS": lambda: _("a second set of buttons"),
    "IMAGE": lambda: _("Image"),
    "VIDEO": lambda: _("Video"),
    "DOCUMENT": lambda: _("Document"),
    "GIF": lambda: _("Animation"),
    "LOCATION": lambda: _("Location"),
    "PRODUCT": lambda: _("Product"),
    "CAROUSEL": lambda: _("Carousel"),
    "LIMITED_TIME_OFFER": lambda: _("Offer that ends"),
    "CALL_PERMISSION_REQUEST": lambda: _("Request for permission to call"),
}


def button_word(kind):
    """What a kind of button is called; an unknown one as it came."""
    return BUTTONS[kind]() if kind in BUTTONS else kind


def part_word(kind):
    """What a part that the form can't edit is called; an unknown one as it came."""
    return PARTS[kind]() if kind in PARTS else kind


# History


def history_of(template):
    """The lines of a template's history, newest first: what, when, who, and Meta's words."""
    events = (
        template.events.exclude(kind__in=[CHECKED, quotas.ASKED]).select_related("actor").order_by("-at", "-pk")[:100]
    )
    return [{"what": _event(event), "at": event.at, "actor": event.actor, "said": _said(event)} for event in events] + [
        {"what": _("Draft made"), "at": template.created_at, "actor": template.created_by, "said": ""}
    ]


def _event(event):
    if event.kind == "status":
        return TemplateStatus(event.new).label if event.new in TemplateStatus.values else event.new
    words = {"old": category_name(event.old), "new": category_name(event.new)}
    if event.kind == "category":
        return _("Meta moved it from %(old)s to %(new)s") % words
    if event.kind == "category announced":
        return _("Meta will move it from %(old)s to %(new)s") % words
    if event.kind == "category agreed":
        return _("The price of %(new)s was agreed to") % words
    if event.kind == "appeal":
        return _("Appeal: %(state)s") % {"state": AppealState(event.new).label}
    if event.kind == "wish":
        return news_words.WISHED[event.new]()
    if event.kind == "quality":
        known = reasons.QUALITY.get(event.new)
        return _("Quality: %(word)s") % {"word": known[1] if known else _("not rated")}
    if event.kind == "refused":
        return (
            _("Meta answered with error %(code)s") % {"code": event.new}
            if event.new
            else _("Meta answered with an error")
        )
    if event.kind == "edited elsewhere":
        return _("Changed in Meta's manager")
    return NEWS[event.new]() if event.new in NEWS else event.new or event.kind


NEWS = {
    "FLAGGED": lambda: _("Meta flagged it: many people blocked or reported it"),
    "REINSTATED": lambda: _("Meta reinstated it"),
    "LOCKED": lambda: _("Meta locked it: it can't be changed"),
    "UNARCHIVED": lambda: _("Taken out of Meta's archive"),
}


def _said(event):
    parts = [event.details.get(key, "") for key in ("text", "title", "description")]
    reason = event.details.get("reason", "")
    if reason:
        parts.insert(0, str(reasons.explain_rejection(reason).title))
    return " ".join(part for part in parts if part)


# The list

FILTERS = {
    "": None,
    "drafts": {TemplateStatus.DRAFT},
    "review": MOVING,
    "approved": {TemplateStatus.APPROVED},
    "correct": {
        TemplateStatus.REFUSED,
        TemplateStatus.REJECTED,
        TemplateStatus.PAUSED,
        TemplateStatus.DISABLED,
        TemplateStatus.LIMIT_EXCEEDED,
    },
    "gone": {TemplateStatus.ARCHIVED, TemplateStatus.PENDING_DELETION},
}
MOST_IN_LIST = 500


def filter_label(name):
    """The word of a tab."""
    return {
        "": _("All"),
        "drafts": _("Drafts"),
        "review": _("In review"),
        "approved": _("Approved"),
        "correct": _("To correct"),
        "gone": _("Archived"),
    }[name]


def groups_of(rows):
    """Templates by account and name, each with its languages; ``rows`` come sorted by name."""
    groups: dict[tuple, dict] = {}
    for row in rows:
        group = groups.setdefault((row.waba_id, row.name), {"name": row.name, "waba": row.waba, "languages": []})
        group["languages"].append(
            {
                "template": row,
                "language": language_name(row.language),
                "status": status_of(row),
                "category": category_name(row.category),
                "quality": quality_of(row),
                "archives_at": row.archives_at if row.status in IN_PLACE else None,
                "changed_in_place": row.changes is not None and row.status in IN_PLACE,
                "changed": max(row.updated_at, row.status_changed_at),
            }
        )
    return list(groups.values())


def editable(template):
    """Whether it may be changed here in its status."""
    return templates.may_change(template)
