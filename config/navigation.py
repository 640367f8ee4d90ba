"""What the side navigation of the business area offers.

Apps register their entries from ``AppConfig.ready``; this module names none of them. The context processor puts
``items_for(request)`` on pages of one business as ``nav_items``: it reads ``request.business`` (``slug``, ``name``) and
``request.membership`` (``role``), which the tenants app sets.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NavItem:
    """One entry: ``url_name`` takes the business slug as keyword ``url_kwarg``; empty ``roles`` means everyone.

    ``order`` sorts; the entries with ``on_phone`` stay in the bar of a phone (four at most), the others go to its menu.
    ``badge(request)`` may return a number to show, or None; ``badge_label`` says what it counts ("unanswered").
    """

    key: str
    label: str
    icon: str
    url_name: str
    roles: tuple[str, ...] = ()
    order: int = 50
    on_phone: bool = False
    url_kwarg: str = "business_slug"
    badge: Callable | None = None
    badge_label: str = ""


_items: dict[str, NavItem] = {}


def register(item):
    """Add an entry; the same key again replaces it, so that ``ready`` may run twice."""
    _items[item.key] = item


def items_for(request):
    """Return the entries a person may see in the business of this request, as dicts for the template, in order."""
    business = getattr(request, "business", None)
    if not business:
        return []
    role = getattr(getattr(request, "membership", None), "role", None)
    shown = []
    for item in sorted(_items.values(), key=lambda entry: (entry.order, entry.key)):
        if item.roles and role is not None and role not in item.roles:
            continue
        try:
            url = reverse(item.url_name, kwargs={item.url_kwarg: business.slug})
        except NoReverseMatch:
            logger.warning("Navigation entry %s points to %s, which doesn't exist.", item.key, item.url_name)
            continue
        shown.append(
            {
                "key": item.key,
                "label": item.label,
                "icon": item.icon,
                "url": url,
                "on_phone": item.on_phone,
                "badge": item.badge(request) if item.badge else None,
                "badge_label": item.badge_label,
            }
        )
    here = max(
        (entry for entry in shown if request.path.startswith(entry["url"])),
        key=lambda entry: len(entry["url"]),
        default=None,
    )
    for entry in shown:
        entry["current"] = entry is here
    return shown
