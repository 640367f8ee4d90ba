"""Small template helpers of the inbox."""

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html, urlize
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from config.clock import now
from config.dates import short
from config.templatetags.ui import duration_text, money
from contactcenter import presenting, queries
from onboarding.rulebook.house import house_rule

register = template.Library()


@register.filter
def links(text):
    """Return text, escaped, whose addresses can be followed without telling the other side where from."""
    marked = urlize(text, nofollow=True, autoescape=True)
    return mark_safe(  # noqa: S308 - urlize escaped it
        marked.replace('rel="nofollow"', 'rel="nofollow noopener noreferrer" target="_blank"')
    )


@register.filter
def person(conversation):
    """Return what the person of a listed conversation is called."""
    return queries.name_of(conversation, conversation.address or "")


@register.simple_tag
def person_or_unknown(conversation):
    """Return the name, or words for somebody of whom nothing is known."""
    return person(conversation) or _("Unknown person")


@register.filter
def snippet(conversation):
    """Return the last message of a conversation in a line."""
    return presenting.snippet_of(conversation)


@register.filter
def order_key(conversation):
    """Return the text by which the list is kept in order."""
    at = conversation.last_activity_at.isoformat(timespec="microseconds")
    return f"{at}{conversation.pk:020}"


@register.simple_tag
def listed_at(value):
    """Return ``<time>`` as a narrow list has room for: 15:35, yesterday, Fri, 4 Nov, 4 Nov 2025."""
    local, today = timezone.localtime(value), timezone.localtime(now()).date()
    days = (today - local.date()).days
    if days <= 0:
        text = f"{local:%H:%M}"
    elif days == 1:
        text = _("yesterday")
    elif days < 7:
        text = short(local, "D")
    else:
        text = short(local, "j M" if local.year == today.year else "j M Y")
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), text)


@register.simple_tag
def day_line(value):
    """Return ``<time>`` for the line above a day's messages."""
    local, today = timezone.localtime(value).date(), timezone.localtime(now()).date()
    date = formats.date_format(local, _("l j F") if local.year == today.year else "DATE_FORMAT")
    text = _("Today, %(date)s") % {"date": date} if local == today else date
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), text)


@register.simple_tag
def waited(since):
    """Return how long somebody has waited; from a day on in whole days."""
    seconds = max(0, (now() - since).total_seconds())
    days = int(seconds // 86400)
    return f"{days}\u00a0d" if days else duration_text(seconds)


@register.simple_tag
def since_words(at, name):
    """Return when a person last wrote, as a sentence."""
    hours = int((now() - at).total_seconds() // 3600)
    if hours < 72:
        return _("%(name)s last wrote %(hours)d hours ago.") % {"name": name, "hours": hours}
    return _("%(name)s last wrote %(days)d days ago.") % {"name": name, "days": hours // 24}


_WHY_FREE = {
    "free_entry_point": lambda: _("Free: the person came through an ad"),
    "free_in_window": lambda: _("Free inside the window"),
}


@register.simple_tag
def price_words(price):
    """Return a price in a few words: ``US$ 0.0008``, or why it is free, or that nobody knows."""
    if price.amount is None:
        return _("price unknown")
    if price.is_free:
        return _WHY_FREE.get(price.why, lambda: _("free"))()
    return money(price.amount, price.currency)


@register.simple_tag
def reply_price(price):
    """Return what a reply costs by the rate of the day, or nothing where the house rule doesn't show it."""
    return price_words(price) if price is not None and house_rule("reply_price_shown") else ""


@register.simple_tag
def price_block(price):
    """Return a price with its source and day, as the design shows it beside a button."""
    day = short(timezone.localtime(now()).date(), "j M")
    source = _("Rate of %(day)s, %(market)s") % {"day": day, "market": price.market}
    return format_html(
        '<dl><dt>{}</dt><dd>{}</dd></dl><p class="small muted">{}</p>', _("Price"), price_words(price), source
    )
