"""When templates were sent last, for whoever has to know that nobody sends one any more."""

from django.db.models import Max

from contactcenter.models import Direction, Message


def newest(template_pks):
    """``{template: moment}`` of the newest message of each that the provider accepted; those never sent are absent.

    Call it in a scope that sees the templates.
    """
    sent = Message.objects.filter(template__in=template_pks, direction=Direction.OUTBOUND, accepted_at__isnull=False)
    return dict(sent.order_by().values_list("template").annotate(Max("accepted_at")))
