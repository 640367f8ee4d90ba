"""Usage by machine: the same rows as the page and its export."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from contactcenter.api.paging import PARAMETERS, page
from contactcenter.api.shapes import ErrorAnswer
from contactcenter.api.talk_views import page_of
from contactcenter.costs import figures, spending
from contactcenter.costs.months import Month, today
from contactcenter.costs.views import READERS
from onboarding.models import PhoneNumber
from tenants.api import BusinessAPIView

TAGS = ["Usage"]
_MONEY = {"max_digits": 18, "decimal_places": 6}


class UsageRow(serializers.Serializer):
    """One day, number, category, country and price type. Amounts are list prices, `null` when no price is known."""

    day = serializers.DateField(help_text="When the messages were written, in the business's time zone.")
    phone_number = serializers.UUIDField(source="phone_number.reference")
    category = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166; empty when only a user ID is known.")
    pricing_type = serializers.CharField(help_text="WhatsApp's word; empty until it said one: then it is expected.")
    messages = serializers.IntegerField()
    delivered = serializers.IntegerField()
    billable = serializers.IntegerField()
    unpriced = serializers.IntegerField(help_text="Charged messages whose price isn't known; missing in the amounts.")
    cost = serializers.SerializerMethodField(help_text="Of delivered messages, as a decimal in a string.")
    coming = serializers.SerializerMethodField(help_text="Of those not delivered yet, as a decimal in a string.")
    currency = serializers.CharField()

    def _amount(self, row, name):
        return None if row.unpriced and row.unpriced == row.billable else f"{getattr(row, name):f}"

    def get_cost(self, row) -> str | None:
        return self._amount(row, "cost")

    def get_coming(self, row) -> str | None:
        return self._amount(row, "coming")


class BudgetShape(serializers.Serializer):
    """A budget as it stands in the present month."""

    reference = serializers.UUIDField(source="budget.reference")
    phone_number = serializers.UUIDField(source="budget.phone_number.reference", allow_null=True, default=None)
    month = serializers.CharField()
    amount = serializers.DecimalField(source="budget.amount", max_digits=12, decimal_places=2)
    spent = serializers.DecimalField(**_MONEY)
    left = serializers.DecimalField(**_MONEY)
    warn_percent = serializers.IntegerField(source="budget.warn_percent")
    stops = serializers.BooleanField(source="budget.stops")


class _ReadersOnly(BusinessAPIView):
    area = "costs"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.role not in READERS:
            raise exceptions.PermissionDenied()


class Usage(_ReadersOnly):
    @extend_schema(
        operation_id="usage_list",
        parameters=[
            OpenApiParameter("month", str, description="Like 2026-11; the present month if not given."),
            OpenApiParameter("phone_number", str, description="Only this number, by its reference."),
            *PARAMETERS,
        ],
        responses={200: page_of("UsagePage", UsageRow), 422: ErrorAnswer},
        tags=TAGS,
    )
    def get(self, request):
        """What the business sent in a month and what it costs, by day, number, category, country and price type."""
        asked = request.GET.get("month", "")
        month = Month.read(asked) if asked else Month.of(today(request.business))
        if month is None:
            raise exceptions.ValidationError({"month": ["Write it like 2026-11."]})
        rows = figures.rows_of(request.business, month, _number(request)).select_related("phone_number")
        found, following = page(request, rows.order_by(*figures.KEY), key=figures.key_of, keep=figures.after)
        return Response({"data": UsageRow(found, many=True).data, "next": following})


class Budgets(_ReadersOnly):
    @extend_schema(
        operation_id="budgets_list",
        responses=inline_serializer("BudgetList", {"data": BudgetShape(many=True)}),
        tags=TAGS,
    )
    def get(self, request):
        """The budgets of the business and how they stand this month."""
        return Response({"data": BudgetShape(spending.standings(request.business), many=True).data})


def _number(request):
    reference = request.GET.get("phone_number", "")
    if not reference:
        return None
    field = serializers.UUIDField()
    try:
        reference = field.run_validation(reference)
    except exceptions.ValidationError as exc:
        raise exceptions.ValidationError({"phone_number": exc.detail}) from exc
    return get_object_or_404(PhoneNumber, business=request.business, reference=reference)
