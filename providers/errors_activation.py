"""Errors on the way to a registered number that have a code or subcode of their own (Meta: "Error codes", 2026-05-15,
Embedded Signup, 2025-11-10; subcodes as seen in answers)."""

from django.utils.translation import gettext_lazy as _

from providers.explanation import Explanation

_TOO_OFTEN = Explanation(
    _("Too many attempts with this number"),
    _("Wait about 12 hours, then ask for a new code and use only that one."),
)
_NO_ACCESS = Explanation(
    _("We lack a permission"),
    _("An administrator connects the WhatsApp account again and keeps all permissions ticked."),
)

ACTIVATION: dict[int, Explanation] = {
    463: Explanation(
        _("WhatsApp no longer accepts our access"),
        _("An administrator connects the WhatsApp account again in the settings. Nothing is sent until then."),
    ),
    1349174: _NO_ACCESS,
    1349176: _NO_ACCESS,
    1349175: Explanation(
        _("The account has as many numbers as it may have"),
        _("Have Meta verify the company: then up to 20 numbers are possible. Or remove a number that isn't used."),
    ),
    2207051: Explanation(
        _("The number isn't connected to WhatsApp"),
        _("Connect it in the settings of the number."),
    ),
    2446079: _TOO_OFTEN,
    2446080: _TOO_OFTEN,
    2494055: Explanation(
        _("This number was connected or disconnected too often"),
        _("WhatsApp allows ten times in 72 hours. Wait 72 hours, then connect it again."),
    ),
    2593079: Explanation(
        _("The account is set up for another provider's solution"),
        _("Ask our team; Meta's support has to release the account."),
    ),
    2593085: Explanation(
        _("The account can't be handed over"),
        _("Ask our team; Meta's support has to release the account."),
    ),
}
