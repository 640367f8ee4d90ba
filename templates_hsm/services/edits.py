"""What Meta has approved or paused is changed in place: the new text is written beside the one in force.

Handed in, it goes to review again and neither text can be sent until Meta approves (Meta, Message templates, 31 October
2025, and Template pausing: an edit replaces all components and sets the status back to PENDING). Meta refuses the form
at once or not at all: a refused edit leaves the text in force as it was. One that is rejected later has replaced it.
"""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from django.db.models import F
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.models import Waba
from templates_hsm.components import read
from templates_hsm.components.reading import MEDIA_FORMATS
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.services import misses, templates
from tenants import audit

OURS_FOR = timedelta(days=1)
"""How long news of changed components with our own text are taken for our own edit."""
OTP_ADDRESS = "https://www.whatsapp.com/otp/"
"""Meta gives the button of a one-time code back as a link (Meta, Copy code authentication templates, 2025-11-04)."""


def shown(template):
    """The text that a page shows as the template's: the one that Meta looks at, else the one in force."""
    return template.written if template.status == TemplateStatus.SUBMITTING else template.definition


def throw_away(template, *, actor):
    """Forget the changes; the text in force stays. Raises ``NotPossible`` when they are with somebody else."""
    if template.changes is None:
        return
    if not templates.may_change(template):
        raise NotPossible(_("The changes are being looked at and can't be thrown away now."))
    _store(template, changes=None, last_error="", last_error_code=None, updated_at=now())
    audit.record(audit.to_translate("changes of a template thrown away"), template, actor=actor)
    templates.tell(template)


def taken(template):
    """Meta has taken the changes: they are the text now."""
    if template.changes is not None:
        _store(template, changes=None, updated_at=now(), **template.changes)


def refused(template):
    """Meta didn't take the changes: the text it has stays as it stood, and so does what was written."""
    before = templates.status_before(template) or TemplateStatus.APPROVED
    _store(template, status=before, status_changed_at=now())
    # Meta may have another status by now: the poll asks.
    Waba.objects.filter(pk=template.waba_id).update(next_template_poll_at=now())
    misses.refused(template)
    templates.tell(template)


def _store(template, **fields):
    fields["version"] = F("version") + 1
    MessageTemplate.objects.filter(pk=template.pk).update(**fields)
    template.refresh_from_db()


def says_the_same(components, definition):
    """Whether components as Meta gives them back say what ``definition`` does.

    Samples come back as addresses, and Meta writes some texts itself: the label of a coupon or of a one-time code, and
    the body and the footer of an authentication template (Meta, Authentication templates, 2025-11-14).
    """
    given, own = read({"components": list(components)}), read(definition)
    minutes = [one.footer.code_expiration_minutes if one.footer else None for one in (given, own)]
    if None not in minutes and minutes[0] != minutes[1]:
        return False
    return _said(given, own) == _said(own, own)


def _said(one, own):
    """What ``one`` says, without the texts that ``own`` leaves to Meta."""
    return (
        _header(one.header),
        "" if _left_to_meta(own.body) else _text(one.body),
        "" if _left_to_meta(own.footer) else _text(one.footer),
        (one.offer.text, one.offer.has_expiration) if one.offer else None,
        tuple(map(_button, one.buttons)),
        tuple((_header(card.header), _text(card.body), tuple(map(_button, card.buttons))) for card in one.cards),
    )


def _left_to_meta(part):
    return part is not None and not part.has_text


def _header(header):
    return (header.format, "" if header.format in MEDIA_FORMATS else header.text) if header else None


def _text(part):
    return part.text.strip() if part else ""


def _button(button):
    if button.kind == "OTP" or button.url.startswith(OTP_ADDRESS):
        return "OTP", button.otp_type or parse_qs(urlsplit(button.url).query).get("otp_type", [""])[0].upper()
    label = "" if button.kind == "COPY_CODE" else button.text
    return button.kind, label, button.url, re.sub(r"\D", "", button.phone_number)


def is_our_own(template, body, footer):
    """Whether news of changed components are about what was handed in here, by the text that Meta tells."""
    if template.submitted_at is None and template.submit_after is None:
        return False
    if template.submitted_at is not None and template.submitted_at < now() - OURS_FOR and not template.submit_after:
        return False
    written = read(template.written)
    told = ((written.body, body), (written.footer, footer))
    return all(_left_to_meta(own) or _text(own) == text.strip() for own, text in told)
