"""News about message templates (WhatsApp docs "Template webhooks", 2025-11, 2026-04)."""

from typing import Any

from providers.base import Quality, TemplateKind, TemplateState
from providers.languages import language_code
from providers.webhooks.events import (
    TemplateCategory,
    TemplateComponents,
    TemplateQuality,
    TemplateStatus,
)
from providers.webhooks.parser.frame import Frame
from providers.webhooks.parser.values import identifier, mapping, moment, only_texts, sequence, text

Item = dict[str, Any]


def read_template(frame: Frame, value: Item) -> None:
    """Any news about a template. The content decides, because Meta's samples have wrong field names."""
    template_id = identifier(value.get("message_template_id"))
    if template_id is None:
        return frame.unknown("unexpected_shape", "no template is named", value)
    about = frame.about_account() | {
        "template_id": template_id,
        "name": text(value.get("message_template_name"))[:512],
        "language": language_code(text(value.get("message_template_language"))[:32]),
    }
    frame.item -= 1  # until it is sure what this is
    if "new_quality_score" in value:
        previous = value.get("previous_quality_score")
        event: Any = TemplateQuality(
            previous=Quality(previous) if previous else None, new=Quality(value["new_quality_score"]), **about
        )
    elif "new_category" in value or "correct_category" in value:
        event = _category(value, about)
    elif "message_template_element" in value or frame.field == "message_template_components_update":
        event = _components(value, about)
    elif text(value.get("event")):
        event = _status(value, about)
    else:
        return frame.unknown("unexpected_shape", "nothing is said about the template", value)
    frame.item += 1
    frame.events.append(event)


def _status(value: Item, about: Item) -> TemplateStatus:
    word = text(value.get("event"))
    other, rejection = mapping(value.get("other_info")), mapping(value.get("rejection_info"))
    return TemplateStatus(
        state=TemplateState(word),
        word=word[:64],
        reason=text(value.get("reason"))[:200],
        category=_kind(value.get("message_template_category")),
        title=text(other.get("title"))[:200],
        description=text(other.get("description"))[:2000],
        rejection_reason=text(rejection.get("reason"))[:2000],
        recommendation=text(rejection.get("recommendation"))[:2000],
        disabled_at_ms=moment(mapping(value.get("disable_info")).get("disable_date"))[0],
        **about,
    )


def _category(value: Item, about: Item) -> TemplateCategory:
    correct = _kind(value.get("correct_category"))
    if "new_category" not in value:
        return TemplateCategory(phase="detected", current=_kind(value.get("category")), correct=correct, **about)
    current = _kind(value.get("new_category"))
    if correct is not None:  # the trap: here "new" is the present one
        until, _ = moment(value.get("category_update_timestamp"))
        return TemplateCategory(phase="coming", current=current, correct=correct, effective_at_ms=until, **about)
    return TemplateCategory(phase="done", current=current, previous=_kind(value.get("previous_category")), **about)


def _components(value: Item, about: Item) -> TemplateComponents:
    prefix = "message_template_button_"
    buttons = [
        {key.removeprefix(prefix): found for key, found in only_texts(button, *button).items()}
        for button in sequence(value.get("message_template_buttons"))[:20]
        if type(button) is dict
    ]
    return TemplateComponents(
        body=text(value.get("message_template_element")),
        header=text(value.get("message_template_title")),
        footer=text(value.get("message_template_footer")),
        buttons=buttons,
        **about,
    )


def _kind(value: Any) -> TemplateKind | None:
    return TemplateKind(value) if text(value) else None
