"""Campaigns by machine: the same services as the pages."""

import io

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.response import Response

from contactcenter.api import campaign_shapes as shapes
from contactcenter.api.paging import PARAMETERS, is_text, page
from contactcenter.api.setup_views import Conflict
from contactcenter.api.shapes import ErrorAnswer
from contactcenter.api.talk_views import IDEMPOTENCY_KEY, KeyTaken, page_of
from contactcenter.campaigns import files, lifecycle, mapping, reasons, report
from contactcenter.models import Campaign, CampaignRecipient, RecipientState, Segment
from contacts.imports import reading
from onboarding.models import PhoneNumber
from templates_hsm.models import MessageTemplate
from templates_hsm.preview import preview, visible_text
from tenants.api import BusinessAPIView

TAGS = ["Campaigns"]
SAMPLES = 3


class _CampaignView(BusinessAPIView):
    area = "campaigns"

    def get_campaign(self, request, reference):
        rows = Campaign.objects.select_related("business", "phone_number__waba", "template", "segment", "started_by")
        return get_object_or_404(rows, business=request.business, reference=reference)

    def act(self, request, reference, act):
        """Do something with a campaign; what doesn't fit its state is a conflict."""
        runners_only(request)
        row = self.get_campaign(request, reference)
        try:
            act(row)
        except lifecycle.NotPossible as exc:
            raise Conflict(str(exc)) from exc
        row.refresh_from_db()
        return Response(shapes.CampaignShape(row).data)


def runners_only(request):
    """Only those who may run campaigns; an API key counts as an administrator."""
    if request.role not in lifecycle.RUNNERS:
        raise exceptions.PermissionDenied()


class Campaigns(_CampaignView):
    @extend_schema(
        operation_id="campaigns_list",
        parameters=PARAMETERS,
        responses=page_of("CampaignPage", shapes.CampaignShape),
        tags=TAGS,
    )
    def get(self, request):
        """The campaigns of the business, the newest first."""
        rows = Campaign.objects.filter(business=request.business).select_related("phone_number", "template", "segment")
        found, after = page(
            request,
            rows.order_by("-created_at", "-pk"),
            key=lambda row: [row.created_at, row.pk],
            keep=lambda rows, at: rows.filter(
                Q(created_at__lt=at[0]) | Q(created_at=at[0], pk__lt=at[1]), created_at__lte=at[0]
            ),
        )
        return Response({"data": shapes.CampaignShape(found, many=True).data, "next": after})

    @extend_schema(
        operation_id="campaigns_create",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewCampaign,
        responses={201: shapes.CampaignShape, 409: ErrorAnswer, 422: ErrorAnswer},
        tags=TAGS,
    )
    def post(self, request):
        """Make a campaign and have everybody checked. Nothing is sent before `start`."""
        runners_only(request)
        asked = shapes.NewCampaign(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        number = get_object_or_404(
            PhoneNumber.objects.select_related("business", "waba"),
            business=request.business,
            reference=data["phone_number"],
        )
        template = get_object_or_404(MessageTemplate, business=request.business, reference=data["template"])
        try:
            row = lifecycle.create(
                data["name"],
                number,
                template,
                actor=request.user or None,
                idempotency_key=request.headers.get("Idempotency-Key"),
                asked=request.data,
            )
            if not row.audience:
                self._fill(request, row, data)
        except lifecycle.NotPossible as exc:
            raise Conflict(str(exc)) from exc
        except lifecycle.KeyTaken as exc:
            raise KeyTaken() from exc
        row.refresh_from_db()
        return Response(shapes.CampaignShape(row).data, status=status.HTTP_201_CREATED)

    def _fill(self, request, row, data):
        """Say who and what; then have it checked."""
        if "csv" in data:
            content = data["csv"].encode()
            upload = InMemoryUploadedFile(io.BytesIO(content), "csv", "list.csv", "text/csv", len(content), "utf-8")
            try:
                lifecycle.choose_list(row, upload)
            except reading.NotCsv as exc:
                raise exceptions.ValidationError({"csv": [str(reasons.problem(exc.reason))]}) from exc
        elif "segment" in data:
            segment = get_object_or_404(Segment, business=request.business, reference=data["segment"])
            lifecycle.choose_contacts(row, {}, segment=segment)
        else:
            lifecycle.choose_contacts(row, dict(data["filter"]))
        row = lifecycle.locked(row)
        slots = {slot.key: slot for slot in mapping.slots(row.template.definition)}
        if unknown := set(data.get("values", {})) - set(slots):
            raise exceptions.ValidationError({"values": [f"The template has no {', '.join(sorted(unknown))}."]})
        values = row.mapping | {key: _rule(row, slots[key], value) for key, value in data.get("values", {}).items()}
        columns = {
            name: _column(row, column, "columns")
            for name, column in data.get("columns", {}).items()
            if name in ("phone", "name")
        }
        is_list = bool(row.headers)
        lifecycle.choose_values(
            row, values, columns=row.columns | columns if is_list else None, country=data.get("country")
        )
        lifecycle.check(row, actor=request.user or None)


def _rule(row, slot, value):
    rule = {"from": value["source"], "text": value.get("text", "")}
    if value["source"] == mapping.COLUMN:
        rule["column"] = _column(row, value.get("column", ""), f"values.{slot.key}")
    if value["source"] == mapping.OWN and files.own_of(slot) is None:
        raise exceptions.ValidationError({f"values.{slot.key}": ["The template has no file of its own here."]})
    return rule


def _column(row, name, field):
    """The index of a column by its name or number."""
    if name in row.headers:
        return row.headers.index(name)
    if name.isdecimal() and int(name) < len(row.headers):
        return int(name)
    raise exceptions.ValidationError({field: [f"The list has no column {name!r}."]})


class CampaignDetail(_CampaignView):
    @extend_schema(operation_id="campaigns_get", responses=shapes.CampaignShape, tags=TAGS)
    def get(self, request, reference):
        """One campaign."""
        return Response(shapes.CampaignShape(self.get_campaign(request, reference)).data)

    @extend_schema(operation_id="campaigns_delete", responses={204: None, 409: ErrorAnswer}, tags=TAGS)
    def delete(self, request, reference):
        """Throw away one that was never started."""
        runners_only(request)
        try:
            lifecycle.throw_away(self.get_campaign(request, reference), actor=request.user or None)
        except lifecycle.NotPossible as exc:
            raise Conflict(str(exc)) from exc
        return Response(status=status.HTTP_204_NO_CONTENT)


class CampaignPreview(_CampaignView):
    @extend_schema(operation_id="campaigns_preview", responses=shapes.Preview, tags=TAGS)
    def get(self, request, reference):
        """What the check found: how many get it, who is left out and why, the cost, and what real people would get."""
        row = self.get_campaign(request, reference)
        waiting = CampaignRecipient.objects.filter(campaign=row, state=RecipientState.WAITING).order_by("pk")
        samples = [
            {"phone_number": one.phone, "text": visible_text(preview(row.template.definition, one.values))}
            for one in waiting[:SAMPLES]
        ]
        data = {
            "state": row.state,
            "will_get": row.will_get,
            "left_out": shapes.left_out_of(row),
            "cost": report.estimated(row),
            "samples": samples,
        }
        return Response(shapes.Preview(data).data)


class CampaignCheck(_CampaignView):
    @extend_schema(
        operation_id="campaigns_check",
        request=None,
        responses={200: shapes.CampaignShape, 409: ErrorAnswer},
        tags=TAGS,
    )
    def post(self, request, reference):
        """Check everybody once more."""
        return self.act(request, reference, lambda row: lifecycle.check(row, actor=request.user or None))


class CampaignStart(_CampaignView):
    @extend_schema(
        operation_id="campaigns_start",
        request=shapes.Start,
        responses={200: shapes.CampaignShape, 409: ErrorAnswer},
        tags=TAGS,
    )
    def post(self, request, reference):
        """Let it go, now or at `start_at`. Asked again once it went, it changes nothing."""
        asked = shapes.Start(data=request.data or {})
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        quiet = (data["quiet_from"], data["quiet_until"]) if "quiet_from" in data else None
        return self.act(
            request,
            reference,
            lambda row: lifecycle.start(
                row,
                actor=request.user or None,
                start_at=data.get("start_at"),
                quiet=quiet,
                time_zone=data.get("time_zone"),
                seen=data.get("checked_at"),
            ),
        )


class CampaignPause(_CampaignView):
    @extend_schema(
        operation_id="campaigns_pause",
        request=None,
        responses={200: shapes.CampaignShape, 409: ErrorAnswer},
        tags=TAGS,
    )
    def post(self, request, reference):
        """Hold what hasn't left."""
        return self.act(request, reference, lambda row: lifecycle.pause(row, actor=request.user or None))


class CampaignResume(_CampaignView):
    @extend_schema(
        operation_id="campaigns_resume",
        request=None,
        responses={200: shapes.CampaignShape, 409: ErrorAnswer},
        tags=TAGS,
    )
    def post(self, request, reference):
        """Go on after a pause, or after it stopped by itself."""
        return self.act(request, reference, lambda row: lifecycle.resume(row, actor=request.user or None))


class CampaignCancel(_CampaignView):
    @extend_schema(
        operation_id="campaigns_cancel",
        request=None,
        responses={200: shapes.CampaignShape, 409: ErrorAnswer},
        tags=TAGS,
    )
    def post(self, request, reference):
        """End it. What hasn't left never will."""
        return self.act(request, reference, lambda row: lifecycle.cancel(row, actor=request.user or None))


class CampaignReport(_CampaignView):
    @extend_schema(operation_id="campaigns_report", responses=shapes.Report, tags=TAGS)
    def get(self, request, reference):
        """Sent, delivered, read, replied, failed by reason, left out by reason, and the cost."""
        return Response(shapes.Report(shapes.report_of(self.get_campaign(request, reference))).data)


class CampaignRecipients(_CampaignView):
    @extend_schema(
        operation_id="campaigns_recipients",
        parameters=[
            OpenApiParameter("state", str, enum=RecipientState.values, description="Only those in this state."),
            OpenApiParameter("reason", str, description="Only those left out for this reason, such as `opted_out`."),
            *PARAMETERS,
        ],
        responses=page_of("RecipientPage", shapes.Recipient),
        tags=TAGS,
    )
    def get(self, request, reference):
        """Everybody with what became of them, in the order of the list."""
        runners_only(request)
        row = self.get_campaign(request, reference)
        wanted = {name: request.query_params[name] for name in ("state", "reason") if request.query_params.get(name)}
        if wanted.get("state", RecipientState.WAITING) not in RecipientState.values:
            raise exceptions.ValidationError({"state": [f"One of {', '.join(RecipientState.values)}."]})
        if not is_text(wanted.get("reason", "")):
            raise exceptions.ValidationError({"reason": ["A reason, such as opted_out."]})
        found, after = page(
            request,
            CampaignRecipient.objects.filter(campaign=row, **wanted).select_related("message").order_by("pk"),
            key=lambda one: [one.pk],
            keep=lambda rows, at: rows.filter(pk__gt=int(at[0])),
        )
        return Response({"data": shapes.Recipient(found, many=True).data, "next": after})
