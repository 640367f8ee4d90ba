"""Message templates: create, list, edit, delete (WhatsApp docs "Templates", 2025-11 to 2026-09)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from providers.base import Action, ProviderError, Quality, TemplateKind, TemplateReport, TemplateState
from providers.cloud_api.reading import Words, mapping, number, sequence, text
from providers.cloud_api.request import Request, get, given, path
from providers.languages import language_code

TEMPLATE_FIELDS = (
    "id,name,language,status,category,sub_category,previous_category,correct_category,parameter_format,components,"
    "quality_score,rejected_reason,message_send_ttl_seconds"
)
LIST_LIMIT = 250


def create(
    waba_id: str,
    *,
    name: str,
    language: str,
    category: str,
    components: Sequence[Mapping[str, Any]] = (),
    parameter_format: str = "",
    send_ttl_seconds: int | None = None,
    **more: Any,
) -> Request:
    """Hand a template in for review; ``more`` holds what only library and special templates need."""
    body = {"name": name, "language": language, "category": category.upper()}
    body |= given(
        {
            "parameter_format": parameter_format.upper(),
            "components": [dict(component) for component in components] or None,
            "message_send_ttl_seconds": send_ttl_seconds,
            **more,
        }
    )
    return Request("POST", path(waba_id, "message_templates"), json=body)


def list_all(waba_id: str, *, after: str = "", limit: int = LIST_LIMIT, **filters: Any) -> Request:
    """Ask for a part of a WABA's templates; filters are ``name``, ``language``, ``category``, ``status``…"""
    return get(
        waba_id,
        "message_templates",
        fields=TEMPLATE_FIELDS,
        limit=limit,
        after=after,
        **filters,
    )


def fetch(template_id: str) -> Request:
    """Ask for one template."""
    return get(template_id, fields=TEMPLATE_FIELDS)


def edit(
    template_id: str,
    *,
    components: Sequence[Mapping[str, Any]] = (),
    category: str = "",
    parameter_format: str = "",
    send_ttl_seconds: int | None = None,
) -> Request:
    """Hand a changed template in; components replace all there were, and the template is reviewed again."""
    body = given(
        {
            "category": category.upper(),
            "components": [dict(component) for component in components] or None,
            "parameter_format": parameter_format.upper(),
            "message_send_ttl_seconds": send_ttl_seconds,
        }
    )
    return Request("POST", path(template_id), json=body)


def delete(waba_id: str, *, name: str, template_id: str = "") -> Request:
    """Delete a template: one language when its ID is given, else all languages of the name."""
    query = given({"name": name, "hsm_id": template_id})
    return Request("DELETE", path(waba_id, "message_templates"), query=query, idempotent=True)


def unpause(template_id: str) -> Request:
    """Wake a template that pacing paused."""
    return Request("POST", path(template_id, "unpause"), idempotent=True)


def archive(waba_id: str, template_ids: Sequence[str], *, back: bool = False) -> Request:
    """Put up to 100 templates into the archive, or take them out (docs of June 2026; gone in September)."""
    action = "unarchive" if back else "archive"
    return Request(
        "POST", path(waba_id, "message_templates", action), json={"hsm_ids": list(template_ids)}, idempotent=True
    )


def check_archived(data: Any) -> None:
    """Raise ``ProviderError`` with Meta's words if one of the templates wasn't moved."""
    failed = mapping(mapping(data).get("failed_templates"))
    if failed:
        raise ProviderError(" ".join(str(words) for words in failed.values()), http_status=200, action=Action.NO_RETRY)


def parse(data: Any, *, asked: Mapping[str, Any] | None = None) -> TemplateReport:
    """A template out of an answer; ``asked`` fills in what the short answer to a creation doesn't repeat."""
    answer = {**(asked or {}), **mapping(data)}
    word = Words(answer)
    score = answer.get("quality_score")
    components: Iterable[Any] = sequence(answer.get("components"))
    return TemplateReport(
        id=text(answer.get("id")),
        name=text(answer.get("name")),
        language=language_code(text(answer.get("language"))),
        state=word(TemplateState, "status") or TemplateState.UNKNOWN,
        category=word(TemplateKind, "category"),
        correct_category=word(TemplateKind, "correct_category"),
        previous_category=text(answer.get("previous_category")),
        sub_category=text(answer.get("sub_category")),
        parameter_format=text(answer.get("parameter_format")).upper(),
        components=tuple(part for part in components if isinstance(part, Mapping)),
        quality=word(
            Quality,
            "quality_score",
            score.get("score") if isinstance(score, Mapping) else score,
        ),
        rejected_reason=text(answer.get("rejected_reason")),
        send_ttl_seconds=number(answer.get("message_send_ttl_seconds")),
        unknown_words=word.unknown,
        raw=answer,
    )
