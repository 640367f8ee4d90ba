"""What the API takes and gives: one serializer per thing, shared by the handlers and the OpenAPI description."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contacts.models import ConsentEvent, ConsentKind, ConsentSource
from onboarding.services import overview


class Problem(serializers.Serializer):
    """Every error of the API."""

    code = serializers.CharField(help_text="A word for programs.")
    message = serializers.CharField(help_text="A sentence for people, in the language of the request.")
    what_to_do = serializers.CharField(required=False)
    fields = serializers.DictField(required=False, help_text="Reasons by field, for invalid requests.")


class ErrorAnswer(serializers.Serializer):
    error = Problem()


class Step(serializers.Serializer):
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=["todo", "current", "waiting", "blocked", "done"])
    who = serializers.CharField(help_text="Who acts next: you, us, meta or system.")
    when = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class Application(serializers.Serializer):
    """An onboarding application with its path to live."""

    reference = serializers.UUIDField()
    code = serializers.CharField()
    status = serializers.CharField()
    brand = serializers.CharField()
    display_name = serializers.CharField()
    phone = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    live_at = serializers.DateTimeField(allow_null=True)
    steps = serializers.SerializerMethodField()

    @extend_schema_field(Step(many=True))
    def get_steps(self, application):
        return Step(overview.timeline(application), many=True).data


class PhoneNumber(serializers.Serializer):
    """A business number and what Meta says of it."""

    reference = serializers.UUIDField()
    phone_number = serializers.CharField(source="e164")
    phone_number_id = serializers.CharField(allow_null=True)
    display_name = serializers.CharField()
    name_status = serializers.CharField()
    status = serializers.CharField()
    quality_rating = serializers.CharField()
    messaging_limit = serializers.CharField()
    messages_per_second = serializers.IntegerField(source="throughput")
    registered_at = serializers.DateTimeField(allow_null=True)
    live_at = serializers.DateTimeField(allow_null=True)


class Template(serializers.Serializer):
    """A message template; ``components`` has the shape of the Cloud API."""

    reference = serializers.UUIDField(read_only=True)
    phone_number = serializers.UUIDField(
        write_only=True, required=False, help_text="A number of the account; needed when there are several accounts."
    )
    name = serializers.CharField(max_length=512)
    language = serializers.CharField(max_length=10)
    category = serializers.ChoiceField(choices=["UTILITY", "MARKETING", "AUTHENTICATION"])
    parameter_format = serializers.ChoiceField(choices=["POSITIONAL", "NAMED"], default="POSITIONAL")
    components = serializers.ListField(child=serializers.DictField())
    status = serializers.CharField(read_only=True)
    rejected_reason = serializers.CharField(read_only=True)
    quality = serializers.CharField(read_only=True)
    last_error = serializers.CharField(read_only=True)
    submitted_at = serializers.DateTimeField(read_only=True, allow_null=True)
    decided_at = serializers.DateTimeField(read_only=True, allow_null=True)
    version = serializers.IntegerField(read_only=True)


class TemplateFinding(serializers.Serializer):
    """What the linter says, as in the builder and on the command line."""

    code = serializers.CharField()
    rule = serializers.CharField()
    severity = serializers.CharField()
    path = serializers.CharField()
    text = serializers.CharField()
    source = serializers.CharField()


class Price(serializers.Serializer):
    amount = serializers.DecimalField(max_digits=12, decimal_places=6, allow_null=True)
    currency = serializers.CharField()
    market = serializers.CharField()
    why = serializers.CharField()


class MayISend(serializers.Serializer):
    """The gate's answer: may this be sent, as what, at what price, until when."""

    allowed = serializers.BooleanField()
    reason = serializers.CharField()
    text = serializers.CharField()
    what_to_do = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)
    again_at = serializers.DateTimeField(allow_null=True)
    price = Price(allow_null=True)


class Window(serializers.Serializer):
    """The customer service window with a person, and what may be sent now."""

    open = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_inbound_at = serializers.DateTimeField(allow_null=True)
    free_form = MayISend()
    template = MayISend(allow_null=True)


class Conversation(serializers.Serializer):
    """The thread between a contact and a business number."""

    reference = serializers.UUIDField()
    channel = serializers.CharField()
    status = serializers.CharField()
    phone_number = serializers.UUIDField(source="phone_number.reference")
    contact = serializers.UUIDField(source="contact.reference")
    contact_name = serializers.CharField(source="contact.name")
    assignee = serializers.EmailField(source="assignee.email", allow_null=True, default=None)
    unread_count = serializers.IntegerField()
    waiting_since = serializers.DateTimeField(allow_null=True)
    last_activity_at = serializers.DateTimeField()
    last_message_text = serializers.CharField()


class Message(serializers.Serializer):
    """One message; ``status`` only climbs."""

    reference = serializers.UUIDField()
    direction = serializers.CharField()
    source = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.CharField()
    content = serializers.JSONField()
    provider_id = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    status = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    failed_at = serializers.DateTimeField(allow_null=True)
    error_code = serializers.IntegerField(allow_null=True)
    error_details = serializers.CharField()


class NewMessage(serializers.Serializer):
    """Text inside the window, or an approved template at any time. Give exactly one of both."""

    text = serializers.CharField(required=False, max_length=4096)
    template = serializers.UUIDField(required=False, help_text="The template's reference.")
    values = serializers.DictField(
        required=False,
        help_text='What goes into the template, for example {"body": {"1": "Rosa"}, "cards": [{"body": {"1": "10"}}]}. '
        'The template\'s own files go along by themselves; {"header": {"link": "https://…"}} sends another one, '
        "in a card too.",
    )
    reply_to = serializers.UUIDField(required=False, help_text="The reference of the message to quote.")

    def validate(self, data):
        if ("text" in data) == ("template" in data):
            raise serializers.ValidationError("Give either text or template.")
        return data


class NewMessageTo(NewMessage):
    """The same to a phone number, in the conversation that exists or a new one."""

    phone_number = serializers.UUIDField(help_text="The business number's reference.")
    to = serializers.CharField(max_length=30, help_text="The person's number with country code: +573001234567.")


class OptIn(serializers.ModelSerializer):
    """One line of the opt-in ledger."""

    contact = serializers.UUIDField(source="contact.reference", read_only=True)
    to = serializers.CharField(write_only=True, max_length=30, help_text="The person's number with country code.")
    kind = serializers.ChoiceField(choices=ConsentKind.choices)
    source = serializers.ChoiceField(choices=ConsentSource.choices, default=ConsentSource.API)
    proof = serializers.DictField(required=False)
    occurred_at = serializers.DateTimeField(required=False)
    key = serializers.CharField(max_length=150, help_text="Your own key of this consent; sent twice it counts once.")

    class Meta:
        model = ConsentEvent
        fields = ["contact", "to", "kind", "source", "wording", "proof", "occurred_at", "recorded_at", "key"]
        read_only_fields = ["recorded_at"]

    def to_representation(self, instance):
        return super().to_representation(instance) | {"wording": instance.text_shown}
