"""The send gate for many people and one template: the answers of ``gate.may_send``, worked out in sets.

``tests/contactcenter/campaigns/test_gate_many.py`` compares the two.
"""

from dataclasses import dataclass
from datetime import datetime

from config import bulk
from config.clock import now
from contactcenter import gate
from contactcenter.gate import TEMPLATE, Answer
from providers.words import NumberStatus
from sessions_24h.services import price_of
from templates_hsm.models import TemplateStatus
from templates_hsm.services import categories


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one contact."""

    contact_id: int
    name: str
    language: str
    blocked_at: datetime | None
    wa_id: str
    phone: str
    bsuid: str
    general: str
    """The kind of the ledger's newest general line."""
    marketing: str
    window_ends: datetime | None
    free_entry_ends: datetime | None

    @property
    def number(self):
        return self.wa_id or self.phone


_FACTS = """
SELECT c.id, coalesce(nullif(c.name, ''), c.profile_name), c.language, c.blocked_at,
       coalesce(a.wa_id, ''), coalesce(a.phone, ''), coalesce(a.bsuid, ''),
       coalesce(g.kind, ''), coalesce(p.kind, ''), w.expires_at, w.free_entry_expires_at
FROM unnest(%(contacts)s::bigint[]) AS k(id)
JOIN contacts_contact c ON c.id = k.id
CROSS JOIN LATERAL (
  SELECT (array_agg(i.value ORDER BY i.id DESC) FILTER (WHERE i.kind = 'wa_id'))[1] AS wa_id,
         (array_agg(i.value ORDER BY i.id DESC) FILTER (WHERE i.kind = 'phone'))[1] AS phone,
         (array_agg(i.value ORDER BY i.id DESC) FILTER (WHERE i.kind = 'bsuid'))[1] AS bsuid
  FROM contacts_identity i WHERE i.contact_id = c.id
) a
LEFT JOIN LATERAL (
  SELECT e.kind FROM contacts_consentevent e
  WHERE e.contact_id = c.id AND e.scope = 'all' AND e.occurred_at <= %(at)s AND e.recorded_at <= %(at)s
  ORDER BY e.occurred_at DESC, e.kind DESC, e.id DESC LIMIT 1
) g ON true
LEFT JOIN LATERAL (
  SELECT e.kind FROM contacts_consentevent e
  WHERE e.contact_id = c.id AND e.scope = 'marketing' AND e.occurred_at <= %(at)s AND e.recorded_at <= %(at)s
  ORDER BY e.occurred_at DESC, e.kind DESC, e.id DESC LIMIT 1
) p ON true
LEFT JOIN sessions_24h_customerservicewindow w ON w.phone_number_id = %(number)s AND w.contact_id = c.id
"""


def number_refusal(number, template, at=None):
    """The gate's reason why nobody can get this template from this number now, or ``""``."""
    at = at or now()
    if not number.phone_number_id or not number.registered_at:
        return "number_not_registered"
    if number.status in gate._NUMBER_CANT_SEND:
        return "number_cant_send"
    restrictions = gate._restrictions(number, at)
    if gate.STOPS_EVERYTHING in restrictions:
        return "account_restricted"
    if gate.STOPS_TEMPLATES in restrictions:
        return "account_may_only_answer"
    if template is None:
        return "no_template"
    if template.waba_id != number.waba_id:
        return "template_of_other_account"
    if template.status != TemplateStatus.APPROVED:
        return "template_not_approved"
    if categories.must_agree(template):
        return "category_not_agreed"
    if number.status == NumberStatus.RESTRICTED:
        return "number_restricted"
    return ""


def facts_of(number, contacts, at=None):
    """``{contact: Facts}`` of these contacts (primary keys) with one business number."""
    if not contacts:
        return {}
    rows = bulk.fetch(_FACTS, {"contacts": bulk.array(sorted(contacts)), "number": number.pk, "at": at or now()})
    return {row[0]: Facts(*row) for row in rows}


def may_send_many(number, facts, *, template, at=None):
    """May each of these people get this template? ``{contact: Answer}``, as ``gate.may_send`` would say.

    ``facts`` is what ``facts_of`` gave in the same transaction.
    """
    at = at or now()
    refusal = number_refusal(number, template, at)
    if refusal:
        return dict.fromkeys(facts, Answer(False, refusal))
    category = template.category.lower()
    return {pk: _answer(one, category, at) for pk, one in facts.items()}


def _answer(one, category, at):
    if one.blocked_at and one.blocked_at <= at:
        return Answer(False, "blocked")
    if not (one.number or one.bsuid):
        return Answer(False, "no_address")
    if category == "authentication" and not one.number:
        return Answer(False, "needs_phone_number")
    if not one.general:
        return Answer(False, "no_opt_in")
    if one.general == "opt_out":
        return Answer(False, "opted_out")
    if category == "marketing" and one.marketing == "opt_out":
        return Answer(False, "marketing_opt_out")
    is_open = one.window_ends is not None and at < one.window_ends
    is_free = one.free_entry_ends is not None and at < one.free_entry_ends
    price = price_of(category, one.number, in_window=is_open, in_free_entry=is_free, on=at)
    return Answer(True, "allowed", TEMPLATE, price, one.window_ends if is_open else None)
