"""What Meta has approved or paused is changed in place: the new text is written beside the one in force.

Handed in, it goes to review again and neither text can be sent until Meta approves (Meta, Message templates, 31 October
2025, and Template pausing: an edit replaces all components and sets the status back to PENDING). Meta refuses the form
at once or not at all: a refused edit leaves the text in force as it was. One that is rejected later has replaced it.
"""

from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.models import Waba
from templates_hsm.components import read
from templates_hsm.components.reading import MEDIA_FORMATS
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import IN_PLACE, MessageTemplate, TemplateStatus
from templates_hsm.services import misses, templates
from tenants import audit

OURS_FOR = timedelta(days=1)
"""How long news of changed components with our own text are taken for our own edit."""


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
    """Meta didn't take the changes: the text in force stays, and so does what was written."""
    before = templates.status_before(template)
    before = before if before in IN_PLACE else TemplateStatus.APPROVED
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
    """Whether components as Meta gives them back say what ``definition`` does; samples come back as addresses."""
    return _said(read({"components": list(components)})) == _said(read(definition))


def _said(one):
    return (
        _parts(one.header, one.body, one.footer, one.buttons),
        tuple(_parts(card.header, card.body, None, card.buttons) for card in one.cards),
    )


def _parts(header, body, footer, buttons):
    return (
        (header.format, header.text if header.format not in MEDIA_FORMATS else "") if header else None,
        body.text.strip() if body and body.text else "",
        footer.text if footer and footer.text else "",
        tuple((button.text, button.url) for button in buttons),
    )


def is_our_own(template, body, footer):
    """Whether news of changed components are about what was handed in here, by the text that Meta tells."""
    if template.submitted_at is None and template.submit_after is None:
        return False
    if template.submitted_at is not None and template.submitted_at < now() - OURS_FOR and not template.submit_after:
        return False
    written = read(template.written)
    own = (written.body.text if written.body else "", written.footer.text if written.footer else "")
    return (own[0] or "").strip() == body.strip() and (own[1] or "").strip() == footer.strip()
