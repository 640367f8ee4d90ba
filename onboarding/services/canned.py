"""Words that reviewers keep ready, in the language of the applicant."""

from onboarding.models import CannedReason
from onboarding.services.thread import LONGEST, readable


def offered(use, *, language):
    """The reasons for one use: ``[{"code", "field", "text"}, …]``, ``text`` in the applicant's language."""
    rows = CannedReason.objects.filter(use=use, is_active=True)
    return [{"code": row.code, "field": row.field, "text": row.text_in(language)} for row in rows]


def joined(code, typed, *, use, language):
    """A chosen reason and what was typed after it, as the applicant reads them; unknown codes count as none."""
    code = readable(code)
    row = CannedReason.objects.filter(code=code, use=use, is_active=True).first() if code else None
    parts = [row.text_in(language) if row else "", readable(typed)[:LONGEST]]
    return "\n".join(part for part in parts if part)
