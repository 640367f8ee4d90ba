"""Windows, conversations, messages and opt-ins by machine: the same services and the same gate as the pages."""

from django.core.exceptions import ValidationError as NotValid
from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response

from config.clock import now
from contactcenter.api import shapes
from contactcenter.api.paging import PARAMETERS, page
from contactcenter.gate import NotAllowed, may_send
from contactcenter.models import Conversation, Message, MessageSource
from contactcenter.services import content, messages, outgoing
from contacts.models import ConsentEvent
from contacts.services import consent, people
from onboarding.models import PhoneNumber
from sessions_24h.services import window_for
from templates_hsm.models import MessageTemplate
from tenants.api import BusinessAPIView
from tenants.enums import ANSWERERS

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again with the same body it sends nothing again."
)


class Refused(exceptions.APIException):
    """The gate said no."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_allowed"

    def __init__(self, answer):
        super().__init__(str(answer.text), answer.reason)
        self.extra = {"what_to_do": str(answer.what_to_do)}


class KeyTaken(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "This idempotency key belongs to another request. Use a new one."
    default_code = "idempotency_conflict"


def page_of(name, shape):
    """The OpenAPI shape of a page."""
    return inline_serializer(name, {"data": shape(many=True), "next": serializers.CharField(allow_null=True)})


def number_of(request, reference):
    return get_object_or_404(PhoneNumber, business=request.business, reference=reference)


def person_of(business, phone):
    """The contact with this number, or ``None``; ``ValidationError`` for what can't be a number."""
    try:
        return people.find(business.pk, phone=content.phone(phone))
    except NotValid as exc:
        raise exceptions.ValidationError({"to": exc.messages}) from exc


class Windows(BusinessAPIView):
    area = "messages"

    @extend_schema(
        operation_id="windows_get",
        parameters=[
            OpenApiParameter("phone_number", str, required=True, description="The business number's reference."),
            OpenApiParameter("to", str, required=True, description="The person's number with country code."),
            OpenApiParameter("template", str, description="A template's reference, to ask about it too."),
        ],
        responses=shapes.Window,
        tags=["Messages"],
    )
    def get(self, request):
        """May I send? The window with a person, what may be sent now, and at what price."""
        asked = WindowQuestion(data=request.query_params)
        asked.is_valid(raise_exception=True)
        number = number_of(request, asked.validated_data["phone_number"])
        contact = person_of(request.business, asked.validated_data["to"])
        if contact is None:
            never = {"allowed": False, "reason": "unknown_person", "text": "", "what_to_do": "", "until": None}
            answer = {"open": False, "expires_at": None, "last_inbound_at": None, "free_form": never | {"price": None}}
            return Response(answer | {"template": None})
        window, template = window_for(number, contact), None
        if "template" in asked.validated_data:
            chosen = get_object_or_404(
                MessageTemplate, business=request.business, reference=asked.validated_data["template"]
            )
            template = may_send((number, contact), kind="template", template=chosen).as_data()
        return Response(
            {
                "open": bool(window and window.is_open(now())),
                "expires_at": window and window.expires_at,
                "last_inbound_at": window and window.last_inbound_at,
                "free_form": may_send((number, contact)).as_data(),
                "template": template,
            }
        )


class WindowQuestion(serializers.Serializer):
    phone_number = serializers.UUIDField()
    to = serializers.CharField(max_length=30)
    template = serializers.UUIDField(required=False)


class Conversations(BusinessAPIView):
    area = "messages"

    @extend_schema(
        operation_id="conversations_list",
        parameters=[OpenApiParameter("status", str, description="open, snoozed or resolved."), *PARAMETERS],
        responses=page_of("ConversationPage", shapes.Conversation),
        tags=["Messages"],
    )
    def get(self, request):
        """Conversations, the latest activity first."""
        rows = Conversation.objects.filter(business=request.business).select_related(
            "phone_number", "contact", "assignee"
        )
        if request.query_params.get("status"):
            rows = rows.filter(status=request.query_params["status"])
        found, after = page(
            request,
            rows.order_by("-last_activity_at", "-pk"),
            key=lambda row: [row.last_activity_at, row.pk],
            keep=lambda rows, at: rows.filter(
                Q(last_activity_at__lt=at[0]) | Q(last_activity_at=at[0], pk__lt=at[1]), last_activity_at__lte=at[0]
            ),
        )
        return Response({"data": shapes.Conversation(found, many=True).data, "next": after})


class ConversationDetail(BusinessAPIView):
    area = "messages"

    @extend_schema(operation_id="conversations_get", responses=shapes.Conversation, tags=["Messages"])
    def get(self, request, reference):
        """One conversation."""
        return Response(shapes.Conversation(conversation_of(request, reference)).data)


def conversation_of(request, reference):
    rows = Conversation.objects.select_related("phone_number", "contact", "assignee")
    return get_object_or_404(rows, business=request.business, reference=reference)


class ConversationMessages(BusinessAPIView):
    area = "messages"

    @extend_schema(
        operation_id="messages_list",
        parameters=PARAMETERS,
        responses=page_of("MessagePage", shapes.Message),
        tags=["Messages"],
    )
    def get(self, request, reference):
        """The messages of a conversation, the newest first."""
        conversation = conversation_of(request, reference)
        found, after = page(
            request,
            Message.objects.filter(conversation=conversation).order_by("-at", "-pk"),
            key=lambda row: [row.at, row.pk],
            keep=lambda rows, at: rows.filter(Q(at__lt=at[0]) | Q(at=at[0], pk__lt=at[1]), at__lte=at[0]),
        )
        return Response({"data": shapes.Message(found, many=True).data, "next": after})

    @extend_schema(
        operation_id="messages_send",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewMessage,
        responses={202: shapes.Message, 409: shapes.ErrorAnswer, 422: shapes.ErrorAnswer},
        tags=["Messages"],
    )
    def post(self, request, reference):
        """Send into a conversation: text while its window is open, an approved template at any time."""
        asked = shapes.NewMessage(data=request.data)
        asked.is_valid(raise_exception=True)
        conversation = conversation_of(request, reference)
        return Response(shapes.Message(send(request, conversation, asked.validated_data)).data, status=202)


class Messages(BusinessAPIView):
    area = "messages"

    @extend_schema(
        operation_id="messages_send_to_number",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewMessageTo,
        responses={202: shapes.Message, 409: shapes.ErrorAnswer, 422: shapes.ErrorAnswer},
        tags=["Messages"],
    )
    def post(self, request):
        """Send to a phone number, in the conversation that exists or, with a template, in a new one."""
        answerers_only(request)
        asked = shapes.NewMessageTo(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        number = number_of(request, data["phone_number"])
        contact = person_of(request.business, data["to"])
        conversation = contact and Conversation.objects.filter(phone_number=number, contact=contact).first()
        if conversation:
            return Response(shapes.Message(send(request, conversation, data)).data, status=202)
        if "template" not in data:
            raise exceptions.ValidationError({"text": ["Nobody wrote from this number yet: use a template."]})
        template = get_object_or_404(MessageTemplate, business=request.business, reference=data["template"])
        message = said(
            lambda: messages.start_conversation(
                number,
                contact or data["to"],
                template,
                data.get("values"),
                source=MessageSource.API,
                idempotency_key=request.headers.get("Idempotency-Key"),
            )
        )
        return Response(shapes.Message(message).data, status=202)


def send(request, conversation, data):
    """Send what was asked through the same service as the composer."""
    answerers_only(request)
    common = {"source": MessageSource.API, "idempotency_key": request.headers.get("Idempotency-Key")}
    if request.user:
        common["author"] = request.user
    if "template" in data:
        template = get_object_or_404(MessageTemplate, business=request.business, reference=data["template"])
        return said(lambda: messages.send_template(conversation, template, data.get("values"), **common))
    if "reply_to" in data:
        common["reply_to"] = get_object_or_404(Message, conversation=conversation, reference=data["reply_to"])
    return said(lambda: messages.send_text(conversation, data["text"], **common))


def said(act):
    """Run a send and turn its refusals into the API's errors."""
    try:
        return act()
    except NotAllowed as exc:
        raise Refused(exc.answer) from exc
    except outgoing.IdempotencyConflict as exc:
        raise KeyTaken() from exc
    except NotValid as exc:
        raise exceptions.ValidationError({"message": exc.messages}) from exc


def answerers_only(request):
    if request.role not in ANSWERERS:
        raise exceptions.PermissionDenied()


class OptIns(BusinessAPIView):
    area = "contacts"

    @extend_schema(
        operation_id="opt_ins_list",
        parameters=[OpenApiParameter("to", str, description="Only of this phone number."), *PARAMETERS],
        responses=page_of("OptInPage", shapes.OptIn),
        tags=["Opt-ins"],
    )
    def get(self, request):
        """The opt-in ledger, the newest lines first."""
        rows = (
            ConsentEvent.objects.filter(business=request.business).select_related("contact", "version").order_by("-pk")
        )
        if request.query_params.get("to"):
            contact = person_of(request.business, request.query_params["to"])
            rows = rows.filter(contact=contact) if contact else rows.none()
        found, after = page(
            request, rows, key=lambda row: [row.pk], keep=lambda rows, at: rows.filter(pk__lt=int(at[0]))
        )
        return Response({"data": shapes.OptIn(found, many=True).data, "next": after})

    @extend_schema(operation_id="opt_ins_create", request=shapes.OptIn, responses={201: shapes.OptIn}, tags=["Opt-ins"])
    def post(self, request):
        """Add an opt-in or an opt-out to the ledger; the same key again changes nothing."""
        answerers_only(request)
        asked = shapes.OptIn(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        try:
            contact = people.get_or_make(request.business.pk, phone=content.phone(data["to"]))
        except NotValid as exc:
            raise exceptions.ValidationError({"to": exc.messages}) from exc
        record = consent.record_opt_in if data["kind"] == "opt_in" else consent.record_opt_out
        key = f"api:{data['key']}"
        record(
            contact,
            source=data["source"],
            key=key,
            wording=data.get("wording", ""),
            proof=data.get("proof"),
            occurred_at=data.get("occurred_at"),
            actor=request.user or None,
        )
        line = ConsentEvent.objects.select_related("contact").get(business=request.business, key=key)
        return Response(shapes.OptIn(line).data, status=status.HTTP_201_CREATED)
