"""Contacts and segments by machine."""

from django.db.models import Prefetch, Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.response import Response

from contactcenter.api.campaign_shapes import CampaignFilter
from contactcenter.api.campaign_views import runners_only
from contactcenter.api.paging import PARAMETERS, page
from contactcenter.api.setup_views import Conflict
from contactcenter.api.shapes import ErrorAnswer
from contactcenter.api.talk_views import page_of, person_of
from contactcenter.campaigns import audience, segments
from contactcenter.models import Segment
from contacts.models import ConsentEvent, Contact, Identity, IdentityKind
from tenants.api import BusinessAPIView

_NUMBERS = (IdentityKind.WA_ID, IdentityKind.PHONE)


class Consent(serializers.Serializer):
    """The line of the opt-in ledger that holds for everything; `opt-ins` has them all."""

    kind = serializers.CharField()
    source = serializers.CharField()
    occurred_at = serializers.DateTimeField()


class ContactShape(serializers.Serializer):
    """A person whom the business knows."""

    reference = serializers.UUIDField()
    name = serializers.CharField()
    phone_number = serializers.SerializerMethodField(help_text="With `+`; null when only a user ID is known.")
    language = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    blocked_at = serializers.DateTimeField(allow_null=True)
    consent = serializers.SerializerMethodField()

    def get_phone_number(self, row) -> str | None:
        return next((f"+{one.value}" for one in row.numbers), None)

    @extend_schema_field(Consent(allow_null=True))
    def get_consent(self, row):
        line = row.lines[0] if row.lines else None
        return Consent(line).data if line else None


def _with_details(rows):
    lines = ConsentEvent.objects.filter(scope="all").order_by("contact_id", "-occurred_at", "-kind", "-pk")
    return rows.prefetch_related(
        Prefetch("identities", Identity.objects.filter(kind__in=_NUMBERS).order_by("pk"), to_attr="numbers"),
        Prefetch("consents", lines.distinct("contact_id"), to_attr="lines"),
    )


class Contacts(BusinessAPIView):
    area = "contacts"

    @extend_schema(
        operation_id="contacts_list",
        parameters=[OpenApiParameter("to", str, description="Only the person with this phone number."), *PARAMETERS],
        responses=page_of("ContactPage", ContactShape),
        tags=["Contacts"],
    )
    def get(self, request):
        """The people of the business by name, or the one with a phone number."""
        rows = Contact.objects.filter(business=request.business, merged_into=None)
        if request.query_params.get("to"):
            contact = person_of(request.business, request.query_params["to"])
            rows = rows.filter(pk=contact.pk) if contact else rows.none()
        found, after = page(
            request,
            _with_details(rows).order_by("name_key", "pk"),
            key=lambda row: [row.name_key, row.pk],
            keep=lambda rows, at: rows.filter(name_key__gte=str(at[0])).filter(
                Q(name_key__gt=str(at[0])) | Q(pk__gt=int(at[1]))
            ),
        )
        return Response({"data": ContactShape(found, many=True).data, "next": after})


class ContactDetail(BusinessAPIView):
    area = "contacts"

    @extend_schema(operation_id="contacts_get", responses=ContactShape, tags=["Contacts"])
    def get(self, request, reference):
        """One person. Somebody who turned out to be another one is found under that one's reference, too."""
        rows = Contact.objects.filter(business=request.business)
        row = get_object_or_404(rows, reference=reference)
        return Response(ContactShape(_with_details(rows).get(pk=row.merged_into_id or row.pk)).data)


class SegmentShape(serializers.Serializer):
    """A filter over contacts under a name; who it holds is worked out anew each time it is used."""

    reference = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=80)
    rules = CampaignFilter()
    created_at = serializers.DateTimeField(read_only=True)


class SegmentDetailShape(SegmentShape):
    contacts = serializers.SerializerMethodField(
        help_text="How many contacts it holds now. Where it names countries, at most so many: numbers are looked at "
        "one by one when a campaign is checked."
    )

    def get_contacts(self, row) -> int:
        return audience.count_contacts(row.business_id, row.rules)


class Segments(BusinessAPIView):
    area = "contacts"

    @extend_schema(
        operation_id="segments_list", parameters=PARAMETERS, responses=page_of("SegmentPage", SegmentShape),
        tags=["Contacts"],
    )  # fmt: skip
    def get(self, request):
        """The saved segments by name."""
        found, after = page(
            request,
            Segment.objects.filter(business=request.business).order_by("name"),
            key=lambda row: [row.name],
            keep=lambda rows, at: rows.filter(name__gt=str(at[0])),
        )
        return Response({"data": SegmentShape(found, many=True).data, "next": after})

    @extend_schema(
        operation_id="segments_create",
        request=SegmentShape,
        responses={200: SegmentDetailShape, 201: SegmentDetailShape, 409: ErrorAnswer},
        tags=["Contacts"],
    )
    def post(self, request):
        """Save a filter. The same name with the same rules again gives the segment that is there (200)."""
        runners_only(request)
        asked = SegmentShape(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        try:
            row, made = segments.create(
                request.business.pk, data["name"], dict(data["rules"]), actor=request.user or None
            )
        except segments.NameTaken as exc:
            raise _taken() from exc
        return Response(SegmentDetailShape(row).data, status=status.HTTP_201_CREATED if made else status.HTTP_200_OK)


class SegmentDetail(BusinessAPIView):
    area = "contacts"

    def _find(self, request, reference):
        return get_object_or_404(Segment, business=request.business, reference=reference)

    @extend_schema(operation_id="segments_get", responses=SegmentDetailShape, tags=["Contacts"])
    def get(self, request, reference):
        """One segment, and how many it holds now."""
        return Response(SegmentDetailShape(self._find(request, reference)).data)

    @extend_schema(
        operation_id="segments_change",
        request=SegmentShape,
        responses={200: SegmentDetailShape, 409: ErrorAnswer},
        tags=["Contacts"],
    )
    def put(self, request, reference):
        """Give it another name or other rules. Campaigns that were checked keep their people."""
        runners_only(request)
        row = self._find(request, reference)
        asked = SegmentShape(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        try:
            segments.change(row, name=data["name"], rules=dict(data["rules"]), actor=request.user or None)
        except segments.NameTaken as exc:
            raise _taken() from exc
        return Response(SegmentDetailShape(row).data)

    @extend_schema(operation_id="segments_delete", responses={204: None}, tags=["Contacts"])
    def delete(self, request, reference):
        """Forget it. Campaigns that were made with it go on with the filter that it was."""
        runners_only(request)
        segments.delete(self._find(request, reference), actor=request.user or None)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _taken():
    return Conflict("Another segment has this name. Change that one, or choose another name.")
