"""What the admin pages about the outside have in common: looking only, and bytes that can be read."""

import json

from django.utils.html import format_html
from unfold.admin import ModelAdmin

SHOWN_CHARACTERS = 100_000


class ReadOnlyAdmin(ModelAdmin):
    """Looking is all that staff may do here, apart from the actions."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def readable(content):
    """A delivery's bytes, a text or JSON as an indented block; bytes that are no text are shown escaped."""
    if isinstance(content, bytes | memoryview):
        content = bytes(content).decode("utf-8", "backslashreplace")
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            return block(content)
    return block(json.dumps(content, indent=2, ensure_ascii=False))


def block(text):
    """A text as a block of its own, cut where nobody reads on."""
    return format_html('<pre class="readable" tabindex="0">{}</pre>', text[:SHOWN_CHARACTERS])
