"""Applications, phone numbers and templates by machine: the same services as the pages."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response

from contactcenter.api import shapes
from onboarding.models import OnboardingApplication, PhoneNumber, Waba
from templates_hsm.exceptions import HasErrors, NotPossible
from templates_hsm.models import MessageTemplate
from templates_hsm.services import checks, templates
from tenants.api import BusinessAPIView
from tenants.enums import MANAGERS


class Conflict(exceptions.APIException):
    """What was asked doesn't fit the present state."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Applications(BusinessAPIView):
    area = "onboarding"

    @extend_schema(operation_id="applications_list", responses=shapes.Application(many=True), tags=["Onboarding"])
    def get(self, request):
        """The applications of the business, the newest first."""
        rows = OnboardingApplication.objects.filter(business=request.business).order_by("-pk")[:100]
        return Response(shapes.Application(rows, many=True).data)


class ApplicationDetail(BusinessAPIView):
    area = "onboarding"

    @extend_schema(operation_id="applications_get", responses=shapes.Application, tags=["Onboarding"])
    def get(self, request, reference):
        """One application with its steps."""
        row = get_object_or_404(OnboardingApplication, business=request.business, reference=reference)
        return Response(shapes.Application(row).data)


class PhoneNumbers(BusinessAPIView):
    area = "onboarding"

    @extend_schema(operation_id="phone_numbers_list", responses=shapes.PhoneNumber(many=True), tags=["Onboarding"])
    def get(self, request):
        """The numbers of the business."""
        rows = PhoneNumber.objects.filter(business=request.business).order_by("pk")[:200]
        return Response(shapes.PhoneNumber(rows, many=True).data)


class PhoneNumberDetail(BusinessAPIView):
    area = "onboarding"

    @extend_schema(operation_id="phone_numbers_get", responses=shapes.PhoneNumber, tags=["Onboarding"])
    def get(self, request, reference):
        """One number."""
        row = get_object_or_404(PhoneNumber, business=request.business, reference=reference)
        return Response(shapes.PhoneNumber(row).data)


class Templates(BusinessAPIView):
    area = "templates"

    @extend_schema(operation_id="templates_list", responses=shapes.Template(many=True), tags=["Templates"])
    def get(self, request):
        """The templates of the business, by name; `?status=approved` narrows."""
        rows = MessageTemplate.objects.filter(business=request.business).order_by("name", "language")
        if request.query_params.get("status"):
            rows = rows.filter(status=request.query_params["status"])
        return Response(shapes.Template(rows[:500], many=True).data)

    @extend_schema(
        operation_id="templates_create",
        request=shapes.Template,
        responses={201: shapes.Template, 409: shapes.ErrorAnswer},
        tags=["Templates"],
    )
    def post(self, request):
        """Make a draft. Hand it in with `submit`."""
        managers_only(request)
        asked = shapes.Template(data=request.data)
        asked.is_valid(raise_exception=True)
        fields = dict(asked.validated_data)
        waba = account_of(request.business, fields.pop("phone_number", None))
        try:
            template = templates.create(waba, **fields, actor=request.user or None)
        except NotPossible as exc:
            raise Conflict(str(exc)) from exc
        return Response(shapes.Template(template).data, status=status.HTTP_201_CREATED)


class TemplateDetail(BusinessAPIView):
    area = "templates"

    @extend_schema(operation_id="templates_get", responses=shapes.Template, tags=["Templates"])
    def get(self, request, reference):
        """One template."""
        row = get_object_or_404(MessageTemplate, business=request.business, reference=reference)
        return Response(shapes.Template(row).data)


class TemplateSubmit(BusinessAPIView):
    area = "templates"

    @extend_schema(
        operation_id="templates_submit",
        request=None,
        responses={202: shapes.Template, 409: shapes.ErrorAnswer, 422: shapes.ErrorAnswer},
        tags=["Templates"],
    )
    def post(self, request, reference):
        """Hand a draft in at Meta; its status says how it goes on. The linter's errors stop it here."""
        managers_only(request)
        row = get_object_or_404(
            MessageTemplate.objects.select_related("waba", "business"), business=request.business, reference=reference
        )
        try:
            template = templates.submit(row, actor=request.user or None)
        except HasErrors as exc:
            problem = Conflict("The template has errors. Each is named with its place.", "template_errors")
            problem.status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
            problem.extra = {"findings": shapes.TemplateFinding(exc.findings, many=True).data}
            raise problem from exc
        except NotPossible as exc:
            raise Conflict(str(exc)) from exc
        return Response(shapes.Template(template).data, status=status.HTTP_202_ACCEPTED)


class TemplateLint(BusinessAPIView):
    area = "templates"
    reading_methods = (*BusinessAPIView.reading_methods, "POST")

    @extend_schema(
        operation_id="templates_lint",
        request=inline_serializer("TemplateDefinition", {"components": serializers.ListField()}),
        responses=shapes.TemplateFinding(many=True),
        tags=["Templates"],
    )
    def post(self, request):
        """What the linter says of a definition (the body of a create call), without storing anything."""
        definition = request.data if isinstance(request.data, dict) else {}
        return Response(shapes.TemplateFinding(checks.check(definition), many=True).data)


def managers_only(request):
    """Only those who set things up may go on; an API key counts as an administrator."""
    if request.role not in MANAGERS:
        raise exceptions.PermissionDenied()


def account_of(business, number_reference):
    """The WABA of a number, or the only one that the business has."""
    if number_reference is not None:
        number = get_object_or_404(
            PhoneNumber.objects.select_related("waba__business"), business=business, reference=number_reference
        )
        if number.waba is not None:
            return number.waba
        raise Conflict("This number has no WhatsApp account yet.")
    accounts = list(Waba.objects.filter(business=business).select_related("business")[:2])
    if len(accounts) != 1:
        raise exceptions.ValidationError({"phone_number": ["Name one of your numbers; it decides the account."]})
    return accounts[0]
