"""The proof of a consent by machine: what the ledger said at any moment, with its rows and a digest."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from config.clock import now
from contactcenter.api.talk_views import person_of
from contacts.services import proof
from tenants.api import BusinessAPIView


class ProofQuestion(serializers.Serializer):
    to = serializers.CharField(max_length=30)
    purpose = serializers.ChoiceField(choices=proof.PURPOSES, default="utility")
    at = serializers.DateTimeField(required=False)


class ProofLine(serializers.Serializer):
    """A line of the ledger, as the digest takes it."""

    key = serializers.CharField()
    kind = serializers.CharField()
    scope = serializers.CharField()
    source = serializers.CharField()
    wording = serializers.CharField(allow_blank=True)
    wording_sha256 = serializers.CharField(allow_null=True)
    proof = serializers.DictField()
    occurred_at = serializers.CharField()
    recorded_at = serializers.CharField()
    recorded_by = serializers.CharField(allow_null=True)


class Proof(serializers.Serializer):
    """What the ledger said about a person at a moment. ``sha256`` is computed over ``said`` as canonical JSON."""

    said = serializers.DictField(help_text="The question, the answer and every line that the ledger held then.")
    sha256 = serializers.CharField()
    written_later = ProofLine(many=True)


class ConsentProof(BusinessAPIView):
    area = "contacts"

    @extend_schema(
        operation_id="opt_ins_proof",
        parameters=[
            OpenApiParameter("to", str, required=True, description="The person's number with country code."),
            OpenApiParameter("purpose", str, enum=proof.PURPOSES, description="utility if not given."),
            OpenApiParameter("at", str, description="A moment in ISO 8601 with its zone; now if not given."),
        ],
        responses=Proof,
        tags=["Opt-ins"],
    )
    def get(self, request):
        """Could this person be written to at that moment, and which lines of the ledger say so?

        The digest is SHA-256 over ``said`` as JSON with sorted keys, without spaces, non-ASCII letters as they are.
        """
        asked = ProofQuestion(data=request.query_params)
        asked.is_valid(raise_exception=True)
        moment = asked.validated_data.get("at") or now()
        if moment > now():
            raise exceptions.ValidationError({"at": ["The ledger answers for what has been, not for the future."]})
        contact = person_of(request.business, asked.validated_data["to"])
        if contact is None:
            raise exceptions.NotFound("Nobody is known by this number.")
        found = proof.consent_at(contact, asked.validated_data["purpose"], moment)
        later = [proof.line_data(line) for line in found.later]
        return Response({"said": found.as_data(), "sha256": found.digest, "written_later": later})
