"""Parts of the template pages that tell what Meta and our team did with a template, and what is left of the quotas."""

from django import template as django_template

from templates_hsm import news_words, presenting
from templates_hsm.models import CategoryChange, TemplateStatus
from templates_hsm.services import appeals, categories, estimates, house_review, quotas, wishes
from tenants.enums import MANAGERS

register = django_template.Library()


@register.inclusion_tag("templates_hsm/_news.html", takes_context=True)
def template_news(context, template):
    """Category and price, our review, the pause, the appeals and the archive of one template, with what can be done."""
    request = context["request"]
    change = categories.latest(template)
    if change is not None and change.new != template.category:
        change = None
    review = house_review.latest(template)
    return {
        "request": request,
        "template": template,
        "may_act": request.role in MANAGERS,
        "change": change,
        "words": _category_words(change),
        "price": categories.difference(template.business, change.old, change.new) if change else None,
        "coming": _coming(template),
        "review": review if _is_of_interest(review, template) else None,
        "notes": news_words.notes_of(review) if review else [],
        "edit": None if review and review.state == "waiting" else news_words.edit_of(template),
        "pause": news_words.pause_of(template),
        "archive": news_words.archive_of(template),
        "ways": [news_words.way(way) for way in appeals.ways(template)],
        "wishes": [(wish, *news_words.WISHES[wish]()) for wish in wishes.possible(template)],
        "wished": news_words.WISHED[template.wish]() if template.wish in news_words.WISHED else "",
        "copy": template.status in COPIED,
    }


COPIED = {TemplateStatus.PAUSED, TemplateStatus.DISABLED, TemplateStatus.LIMIT_EXCEEDED, TemplateStatus.ARCHIVED}
"""Statuses whose way on is a copy that keeps the text."""


def _category_words(change):
    if change is None:
        return None
    return {"old": presenting.category_name(change.old), "new": presenting.category_name(change.new)}


def _coming(template):
    if not template.correct_category:
        return None
    price = categories.difference(template.business, template.category, template.correct_category)
    return price if categories.is_dearer(template.category, template.correct_category) else None


def _is_of_interest(review, template):
    if review is None:
        return False
    if template.status == TemplateStatus.HOUSE_REVIEW or review.state == "waiting":
        return True
    return review.state == "sent_back" and (template.status == TemplateStatus.DRAFT or template.changes is not None)


@register.inclusion_tag("templates_hsm/_quotas.html")
def template_quotas(template, always=False):
    """What Meta still allows with this template: shown when it bites or is near, or always."""
    if template.provider_id:
        rows = quotas.edits(template) if template.status == TemplateStatus.APPROVED else []
        return {"rows": [news_words.allowance(row) for row in rows]}
    if template.status not in {TemplateStatus.DRAFT, TemplateStatus.REFUSED}:
        return {"rows": []}
    rows = [quotas.creation(template.waba), quotas.size(template.waba)]
    rows = [row for row in rows if always or row.is_near]
    free_at = quotas.name_free_at(template.waba, template.name, template.language)
    return {"rows": [news_words.allowance(row) for row in rows], "free_at": free_at}


@register.inclusion_tag("templates_hsm/_quotas.html")
def account_quotas(groups):
    """What each account of a list still allows: new templates this hour, and in all."""
    wabas = {group["waba"].pk: group["waba"] for group in groups}
    several = len(wabas) > 1
    return {
        "rows": [
            news_words.allowance(row, account=str(waba) if several else "")
            for waba in wabas.values()
            for row in (quotas.creation(waba), quotas.size(waba))
        ],
    }


@register.inclusion_tag("templates_hsm/_waits.html")
def waiting_for_consent(business):
    """The templates that nobody may send until somebody agreed to their price."""
    rows = CategoryChange.objects.filter(business=business, waits=True, template__category_waits=True)
    return {"business": business, "changes": list(rows.select_related("template").order_by("at")[:20])}


@register.simple_tag
def approval_time():
    """A sentence on how long Meta takes, and where the figure comes from."""
    return news_words.estimate(estimates.estimate())
