"""Saved filters over contacts. Who a segment holds is worked out anew each time it is used."""

from django.db import IntegrityError, transaction

from contactcenter.models import Audience, Campaign, Segment
from tenants import audit


class NameTaken(Exception):
    """Another segment of the business has this name and other rules."""


def save(business_id, name, rules, *, actor=None):
    """A segment of this name with these rules, made or changed; ``(segment, whether it was made)``."""
    segment, made = Segment.objects.update_or_create(
        business_id=business_id, name=name, defaults={"rules": rules}, create_defaults=_new(rules, actor)
    )
    _record(audit.to_translate("segment saved"), segment, actor)
    return segment, made


def create(business_id, name, rules, *, actor=None):
    """A new segment, or the one that is there already with the same name and rules; ``(segment, whether it is new)``.

    Raises ``NameTaken`` where the name stands for other rules.
    """
    try:
        with transaction.atomic():
            segment = Segment.objects.create(business_id=business_id, name=name, **_new(rules, actor))
    except IntegrityError as exc:
        segment = Segment.objects.get(business_id=business_id, name=name)
        if segment.rules != rules:
            raise NameTaken from exc
        return segment, False
    _record(audit.to_translate("segment saved"), segment, actor)
    return segment, True


def change(segment, *, name, rules, actor=None):
    """Give it another name or other rules; raises ``NameTaken``. Campaigns that were checked keep their people."""
    if (segment.name, segment.rules) == (name, rules):
        return segment
    segment.name, segment.rules = name, rules
    try:
        with transaction.atomic():
            segment.save(update_fields=["name", "rules"])
    except IntegrityError as exc:
        raise NameTaken from exc
    _record(audit.to_translate("segment saved"), segment, actor)
    return segment


def delete(segment, *, actor=None):
    """Forget it. Campaigns that were made with it go on with the filter that it was."""
    # One that has another audience by now has it for good: nobody but those whom it names gets it.
    made_with_it = Campaign.objects.filter(segment=segment, audience=Audience.SEGMENT)
    made_with_it.update(audience=Audience.FILTER, segment=None, filter=segment.rules)
    _record(audit.to_translate("segment deleted"), segment, actor)
    segment.delete()


def _new(rules, actor):
    return {"rules": rules, "created_by": actor}


def _record(verb, segment, actor):
    audit.record(verb, segment.name, actor=actor, reference=str(segment.reference))
