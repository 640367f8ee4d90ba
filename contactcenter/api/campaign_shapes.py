"""What the API takes and gives about campaigns."""

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from rest_framework import serializers

from contactcenter.campaigns import mapping, reasons, report
from contactcenter.models import Audience, CampaignState, RecipientState

MOST_CSV = 5_000_000


class Value(serializers.Serializer):
    """What a variable is filled with. ``text`` stands where a cell or a name is empty, too."""

    source = serializers.ChoiceField(
        choices=[mapping.TEXT, mapping.NAME, mapping.FIRST_NAME, mapping.COLUMN, mapping.OWN],
        default=mapping.TEXT,
        help_text="`own` is the file that the template was made with: what `header_link` has if nothing is given.",
    )
    column = serializers.CharField(required=False, help_text="The column's name, or its number from 0.")
    text = serializers.CharField(required=False, default="", allow_blank=True, max_length=1024)


class CampaignFilter(serializers.Serializer):
    """Which contacts; what isn't given doesn't matter."""

    countries = serializers.ListField(
        child=serializers.RegexField(r"^[A-Za-z]{2}$"), required=False, help_text="Of their numbers, ISO 3166."
    )
    languages = serializers.ListField(
        child=serializers.RegexField(r"^[A-Za-z]{2}$"), required=False, help_text="Two letters, such as es."
    )
    wrote_within = serializers.IntegerField(required=False, min_value=1, max_value=3650, help_text="Days.")
    silent_for = serializers.IntegerField(required=False, min_value=1, max_value=3650, help_text="Days.")

    def validate(self, attrs):
        """Codes in the letters that contacts have them in; what is empty doesn't matter."""
        change = {"countries": str.upper, "languages": str.lower}
        clean = {
            name: [change[name](code) for code in value] if name in change else value for name, value in attrs.items()
        }
        return {name: value for name, value in clean.items() if value}


class NewCampaign(serializers.Serializer):
    """A campaign of a list (``csv``), of a ``segment``, or of a ``filter`` over contacts: exactly one of them."""

    name = serializers.CharField(max_length=100)
    phone_number = serializers.UUIDField()
    template = serializers.UUIDField()
    csv = serializers.CharField(
        required=False, max_length=MOST_CSV, trim_whitespace=False, help_text="The list as text."
    )
    filter = CampaignFilter(required=False)
    segment = serializers.UUIDField(required=False)
    country = serializers.CharField(
        required=False, max_length=2, allow_blank=True, help_text="Of numbers without a country code."
    )
    columns = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="phone and name to a column's name or number."
    )
    values = serializers.DictField(
        child=Value(),
        required=False,
        help_text="Variables, such as body.1, header.name, header_link, button.0 or card.0.body.1.",
    )

    def validate(self, attrs):
        if sum(name in attrs for name in ("csv", "filter", "segment")) != 1:
            raise serializers.ValidationError({"csv": ["Give exactly one of csv, filter and segment."]})
        return attrs


class Start(serializers.Serializer):
    """When it starts; without ``start_at`` now. Quiet hours are by the clock where each person is."""

    start_at = serializers.DateTimeField(required=False)
    time_zone = serializers.ChoiceField(
        choices=sorted(available_timezones()), required=False, help_text="In which its times are shown."
    )
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)
    checked_at = serializers.DateTimeField(
        required=False, help_text="Of the check that you looked at; a newer one refuses the start."
    )

    def validate(self, attrs):
        if ("quiet_from" in attrs) != ("quiet_until" in attrs):
            raise serializers.ValidationError({"quiet_until": ["Give both hours, or none."]})
        return attrs


class LeftOut(serializers.Serializer):
    reason = serializers.CharField(help_text="A word for programs.")
    text = serializers.CharField()
    count = serializers.IntegerField()


class Figures(serializers.Serializer):
    """Counts of people; each later stage is part of the ones before."""

    total = serializers.IntegerField()
    waiting = serializers.IntegerField()
    queued = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    read = serializers.IntegerField()
    failed = serializers.IntegerField()
    unknown = serializers.IntegerField()
    left_out = serializers.IntegerField()
    withdrawn = serializers.IntegerField()


class Cost(serializers.Serializer):
    amount = serializers.DecimalField(max_digits=14, decimal_places=6)
    currency = serializers.CharField()
    unknown = serializers.IntegerField(help_text="People for whom no price is known.")
    card_date = serializers.DateField(allow_null=True, help_text="The first day of the rate card.")


class CampaignShape(serializers.Serializer):
    """A campaign as it stands."""

    reference = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=CampaignState.values)
    phone_number = serializers.UUIDField(source="phone_number.reference")
    template = serializers.UUIDField(source="template.reference")
    audience = serializers.CharField()
    segment = serializers.SerializerMethodField(help_text="Of whose people it is, where the audience is a segment.")
    filter = serializers.SerializerMethodField(help_text="The filter over contacts, where it is one of its own.")
    time_zone = serializers.CharField()
    quiet_from = serializers.TimeField(allow_null=True)
    quiet_until = serializers.TimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    start_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    will_get = serializers.IntegerField(help_text="How many get it, as the check found.")
    waits_for = serializers.CharField(help_text="quiet_hours, messaging_limit, or nothing.")
    waits_until = serializers.DateTimeField(allow_null=True)
    stop_reason = serializers.CharField()
    stop_text = serializers.SerializerMethodField()
    problem = serializers.CharField()

    def get_segment(self, row) -> UUID | None:
        return row.segment.reference if row.audience == Audience.SEGMENT and row.segment_id else None

    def get_filter(self, row) -> dict[str, Any]:
        return row.filter if row.audience == Audience.FILTER else {}

    def get_stop_text(self, row) -> str:
        return " ".join(str(part) for part in reasons.stopped(row.stop_reason)) if row.stop_reason else ""


class FailedFor(serializers.Serializer):
    code = serializers.IntegerField(allow_null=True, help_text="WhatsApp's error code.")
    text = serializers.CharField()
    what_to_do = serializers.CharField()
    count = serializers.IntegerField()


class Report(serializers.Serializer):
    """What became of it."""

    figures = Figures()
    replied = serializers.IntegerField()
    left_out = LeftOut(many=True)
    failed = FailedFor(many=True)
    cost_estimated = Cost()
    cost_charged = Cost()


class Preview(serializers.Serializer):
    """What the check found, with what some real people would get."""

    state = serializers.CharField()
    will_get = serializers.IntegerField()
    left_out = LeftOut(many=True)
    cost = Cost()
    samples = serializers.ListField(child=serializers.DictField())


class Recipient(serializers.Serializer):
    """One person of a campaign, or one line of its list that couldn't be used."""

    line = serializers.IntegerField()
    phone_number = serializers.CharField(source="phone")
    state = serializers.ChoiceField(choices=RecipientState.values)
    reason = serializers.CharField()
    text = serializers.SerializerMethodField()
    message = serializers.UUIDField(source="message.reference", default=None, allow_null=True)
    status = serializers.CharField(source="message.status", default="")

    def get_text(self, row) -> str:
        return str(reasons.left_out(row.reason)) if row.reason else ""


def report_of(campaign):
    """The data of ``Report``."""
    return {
        "figures": report.figures(campaign),
        "replied": report.replied(campaign),
        "left_out": left_out_of(campaign),
        "failed": [
            {"code": code, "text": meaning.title, "what_to_do": meaning.what_to_do, "count": count}
            for code, meaning, count in report.failures(campaign)
        ],
        "cost_estimated": report.estimated(campaign),
        "cost_charged": report.charged(campaign),
    }


def left_out_of(campaign):
    """The data of ``LeftOut``."""
    return [{"reason": reason, "text": text, "count": count} for reason, text, count in report.left_out(campaign)]
