"""Where the rules for templates come from, for translation.

The data files keep them in English; what a page shows of them is looked up here (``cited``). A test compares both.
"""

from django.utils.translation import gettext_noop as _

RULES = (
    _("Meta, Template components, 2025-11-04"),
    _("Seen in practice (provider guides and public probes), 2024 to 2026"),
    _("Meta, WhatsApp changelog, 2025-12-03"),
    _("Meta, Template categorization, 2025-11-14"),
    _("House rule of this service"),
    _("Meta, Authentication templates, 2025-11-14"),
    _("Meta, Template review: common rejection reasons, 2025-10-31"),
    _("WhatsApp Business Messaging Policy, prohibited organisations and goods"),
    _("Meta, Template management error codes, 2025-11"),
    _("Meta, Message templates, 2025-10-31"),
    _("Meta, Supported languages for message templates, 2025-11-04"),
    _("Meta, Time to live, 2025-11"),
)
"""Of every rule of the linter."""

QUOTAS = (
    _('Meta, "Message templates", 31 October 2025: 100 templates can be made per account and hour'),
    _('Meta, "Message templates", 31 October 2025: an approved template can be edited once in 24 hours'),
    _('Meta, "Message templates", 31 October 2025: and 10 times in 30 days'),
    _('Meta, "Message templates", May 2026: 250, or 6,000 for a verified portfolio with an approved display name'),
)
"""Of what Meta allows with templates by hour, day and account."""
