"""Template tags of the look. Registered as a builtin library, so pages use them without ``{% load %}``.

Every tag renders a fragment of ``config/templates/ui/`` or a few escaped elements; none of them reads the database.
"""

from decimal import Decimal, InvalidOperation
from math import ceil

import phonenumbers
from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.clock import now
from config.dates import short
from config.templatetags import forms_look

register = template.Library()
register.simple_tag(forms_look.field)
register.simple_tag(forms_look.fields)
register.simple_tag(forms_look.error_summary)
register.simple_tag(forms_look.error_prefix)
register.simple_tag(forms_look.control)

NBSP = "\u00a0"
HOUR = 3600

#: State -> (class, icon). The word always comes from the caller: a state is a shape and a word, colour comes third.
STATUS_LOOK = {
    "ok": ("ok", "check"),
    "wait": ("wait", "clock"),
    "warn": ("wait", "warn"),
    "stop": ("stop", "stop"),
    "info": ("info", "info"),
    "now": ("now", "right"),
    "pending": ("", "pending"),
    "unknown": ("", "unknown"),
    "closed": ("", "lock"),
}
MESSAGE_LOOK = {
    "success": ("ok", "check"),
    "warning": ("wait", "warn"),
    "error": ("stop", "stop"),
    "info": ("info", "info"),
    "debug": ("", "info"),
}


def asset_url(path):
    """Return the URL of a static file; the plain one when the manifest doesn't know it (error pages must render)."""
    try:
        return staticfiles_storage.url(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


@register.simple_tag
def asset(path):
    """Return the URL of a static file, never failing."""
    return asset_url(path)


@register.simple_tag
def product():
    """Return the product's name, also where no context processor ran."""
    return getattr(settings, "PRODUCT_NAME", "Umbral")


@register.simple_tag
def app_home():
    """Return where a person who is logged in belongs (``LOGIN_REDIRECT_URL``), or the home page."""
    try:
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    except NoReverseMatch:
        return "/"


@register.simple_tag
def clock_now():
    """Return the present of the installation as ISO text, for pages that count down."""
    return now().isoformat()


@register.simple_tag
def icon(name, label="", css=""):
    """Return an icon of the sprite. Without ``label`` it is decoration and hidden from assistive technology."""
    href = f"{asset_url('icons.svg')}#i-{name}"
    classes = f"icon {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', classes, label, href
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', classes, href)


@register.simple_tag
def status_badge(kind, label, fill=False, icon_name=""):
    """Return a state as a shape and a word. ``kind`` is a key of ``STATUS_LOOK``; unknown kinds look pending."""
    css, default_icon = STATUS_LOOK.get(kind, STATUS_LOOK["pending"])
    classes = " ".join(part for part in ("status", "fill" if fill else "", css) if part)
    return format_html('<span class="{}">{}{}</span>', classes, icon(icon_name or default_icon), label)


@register.filter
def message_look(message):
    """Return ``{"css", "icon"}`` for one of Django's messages."""
    css, icon_name = MESSAGE_LOOK.get(message.level_tag, MESSAGE_LOOK["info"])
    return {"css": css, "icon": icon_name}


# ---- Time -----------------------------------------------------------------------------------------------------------


def duration_text(seconds):
    """Return ``3 h 12 min`` for a number of seconds, rounded down to the minute, never negative."""
    minutes = max(0, int(seconds)) // 60
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}{NBSP}h {minutes}{NBSP}min".replace(" ", NBSP)
    return f"{minutes}{NBSP}min"


@register.filter
def duration(value):
    """Return a timedelta or a number of seconds as ``3 h 12 min``."""
    if value is None:
        return ""
    return duration_text(value.total_seconds() if hasattr(value, "total_seconds") else value)


@register.simple_tag
def window_ring(expires_at, hours=24, label=True, css=""):
    """Return how much of a customer service window is left: a ring, the time, and a lock when it is closed.

    ``expires_at`` is an aware datetime or None (never opened). Under two hours it looks ``soon``, under one ``last``.
    ``label=False`` drops the visible word "closed" to fit narrow rows; assistive technology hears it anyway.
    """
    left = (expires_at - now()).total_seconds() if expires_at else 0
    state = "closed" if left <= 0 else "last" if left < HOUR else "soon" if left < 2 * HOUR else ""
    context = {
        "state": state,
        "expires_at": expires_at,
        "share": min(100, max(0, ceil(100 * left / (hours * HOUR)))),
        "total_ms": hours * HOUR * 1000,
        "text": duration_text(left),
        "iso": f"PT{int(max(left, 0)) // HOUR}H{int(max(left, 0)) % HOUR // 60}M",
        "label": label,
        "css": css,
    }
    return mark_safe(render_to_string("ui/_window_ring.html", context).strip())  # noqa: S308 - rendered by a template


def when_text(value):
    """Return a moment in words a person would use: 15:35, yesterday 15:35, Fri 15:35, 4 Nov, 4 Nov 2025."""
    local, today = timezone.localtime(value), timezone.localtime(now()).date()
    clock = f"{local:%H:%M}"
    days = (today - local.date()).days
    if days == 0:
        return clock
    if days == 1:
        return _("yesterday %(time)s") % {"time": clock}
    if 1 < days < 7:
        return f"{short(local, 'D')} {clock}"
    return short(local, "j M" if local.year == today.year else "j M Y")


def _time_element(value, text):
    local = timezone.localtime(value)
    full = f"{formats.date_format(local, 'DATE_FORMAT')}, {local:%H:%M}"
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), full, text)


@register.filter(expects_localtime=True)
def short_date(value, form):
    """A date in the letters of Django's ``date`` filter, as the language writes them (``config.dates.short``)."""
    return short(value, form) if value else ""


@register.simple_tag
def ago(value, empty=""):
    """Return ``<time>`` saying how long ago a moment was; beyond a day it says when. ``empty`` stands for None."""
    if value is None:
        return empty
    seconds = (now() - value).total_seconds()
    if seconds < 0 or seconds >= 24 * HOUR:
        return _time_element(value, when_text(value))
    if seconds < 60:
        return _time_element(value, _("just now"))
    text = duration_text(seconds) if seconds < HOUR else f"{int(seconds // HOUR)}{NBSP}h"
    return _time_element(value, _("%(time)s ago") % {"time": text})


@register.simple_tag
def moment(value, empty=""):
    """Return ``<time>`` saying when: the hour today, the weekday this week, the date before. ``empty`` for None."""
    return empty if value is None else _time_element(value, when_text(value))


# ---- Numbers and names ----------------------------------------------------------------------------------------------


def _comma_decimals():
    """Spanish and Portuguese write 1.204,50; Django's Spanish would group with spaces, which nobody here uses."""
    return (get_language() or "en").startswith(("es", "pt"))


@register.filter
def number(value, decimals=None):
    """Return a figure with the language's separators (1.204 in Spanish, 1,204 in English), other text as it is."""
    if value in (None, ""):
        return ""
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return value
    text = f"{figure:,f}" if decimals is None else f"{figure:,.{int(decimals)}f}"
    return text.translate(str.maketrans(",.", ".,")) if _comma_decimals() else text


@register.filter
def percent(value, decimals=0):
    """Return a share (0.28) as ``28 %``, with a non-breaking space where the language wants one."""
    if value in (None, ""):
        return ""
    figure = number(round(Decimal(str(value)) * 100, decimals), decimals)
    return f"{figure}%" if (get_language() or "en").startswith("en") else f"{figure}{NBSP}%"


@register.filter
def money(value, currency="USD"):
    """Return an amount as ``US$ 0.0008``: two decimals, up to four for prices below a cent."""
    if value in (None, ""):
        return ""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return ""
    decimals = 2 if amount == round(amount, 2) else 4
    sign = {"USD": "US$"}.get(currency, currency)
    return f"{sign}{NBSP}{number(round(amount, decimals), decimals)}"


@register.filter
def phone(value, region=""):
    """Return an E.164 number in its national form inside ``region``, in the international form elsewhere."""
    try:
        parsed = phonenumbers.parse(str(value), None)
    except phonenumbers.NumberParseException:
        return value
    home = region and phonenumbers.region_code_for_number(parsed) == region
    shape = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, shape).replace(" ", NBSP)


@register.filter
def initials(name):
    """Return one or two capitals for a name; nothing to show gives a dot, digits give the last two."""
    words = [word for word in str(name or "").split() if word[0].isalnum()]
    letters = [word for word in words if word[0].isalpha()]
    if letters:
        return (letters[0][0] + (letters[-1][0] if len(letters) > 1 else "")).upper()
    digits = [character for character in str(name or "") if character.isdigit()]
    return "".join(digits[-2:]) or "·"


@register.filter
def cited(source):
    """Return a rule's source in the reader's language; what has no translation is marked as English."""
    said = _(source) if source else ""
    if said == source and source and not (get_language() or "en").startswith("en"):
        return format_html('<span lang="en">{}</span>', source)
    return said


BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser(user_agent):
    """Return a user agent as people say it ("Firefox, Windows"); unknown ones are cut to 60 characters."""
    text = str(user_agent or "")
    names = [next((name for mark, name in table if mark in text), "") for table in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, names)) if names[0] else text[:60]


@register.inclusion_tag("ui/_avatar.html")
def avatar(name, size="", channel="", channel_label="", mine=False, alone=False):
    """Render initials in a circle; ``alone=True`` when no name stands beside it. ``channel`` is an icon's name."""
    return {
        "name": name,
        "size": size,
        "channel": channel,
        "channel_label": channel_label,
        "mine": mine,
        "alone": alone,
    }


# ---- Larger pieces --------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/_answers.html")
def answers(where, who, duration, where_more="", who_more="", duration_more="", you=False):
    """Render the three answers of an onboarding page: where am I, who acts next, how long will it take."""
    return {
        "where": where,
        "where_more": where_more,
        "who": who,
        "who_more": who_more,
        "duration": duration,
        "duration_more": duration_more,
        "you": you,
    }


@register.inclusion_tag("ui/_stepper.html")
def stepper(current, total, title):
    """Render "Question 6 of 9" and its bar; ``current`` counts from one."""
    return {"current": current, "total": total, "title": title, "steps": range(1, total + 1)}


@register.inclusion_tag("ui/_pager.html", takes_context=True)
def pager(context, next_cursor="", previous_cursor="", summary="", after="after", before="before"):
    """Render a keyset pager. Cursors are opaque text; the other query parameters of the page stay."""
    request = context.get("request")
    query = request.GET.copy() if request else None

    def address(parameter, cursor):
        if not cursor or query is None:
            return ""
        kept = query.copy()
        for name in (after, before):
            kept.pop(name, None)
        kept[parameter] = cursor
        return f"?{kept.urlencode()}"

    return {
        "next_url": address(after, next_cursor),
        "previous_url": address(before, previous_cursor),
        "summary": summary,
    }


@register.inclusion_tag("ui/_table.html")
def table(caption, head, rows):
    """Render a table list. ``head`` holds labels, or ``(label, "n")`` for figures; ``rows`` hold plain cells."""
    columns = [column if isinstance(column, tuple | list) else (column, "") for column in head]
    return {
        "caption": caption,
        "head": columns,
        "rows": [[(cell, css) for cell, (_label, css) in zip(row, columns, strict=True)] for row in rows],
    }


@register.simple_block_tag
def phone_preview(content, name, subtitle="", label="", framed=False):
    """Wrap ``<li>`` bubbles in the customer's chat: a plain preview, or a whole phone when ``framed``."""
    context = {"name": name, "subtitle": subtitle, "label": label, "framed": framed, "content": content}
    return mark_safe(render_to_string("ui/_phone_preview.html", context))  # noqa: S308 - rendered by a template
