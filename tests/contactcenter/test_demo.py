"""The demo's parts: its stories hold together, and its people act through the services as told."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from config import clock
from contactcenter.demo import (
    acts,
    badges,
    channels,
    people,
    pictures,
    stories_applications,
    stories_en,
    stories_es,
    stories_templates,
)
from contactcenter.demo import templates as demo_templates
from contactcenter.demo.applications import Applicant
from contactcenter.demo.conversations import Player, play
from contactcenter.demo.stage import DidNotHappen, Stage, ago
from contactcenter.demo.tell import BEGUN, FINISHED, state
from contactcenter.models import Conversation, Message, MessageMedia, MessageStatus, Note, Reaction
from contactcenter.services import media
from contactcenter.understand.round_trips import catch_up
from contacts.models import ConsentEvent
from onboarding.enums import ApplicationStatus, StepKind, StepState
from onboarding.models import ChannelSetup, NameCheck, OnboardingStep, PhoneNumber, RoundTrip
from providers.sandbox.companies import COMPANIES
from sessions_24h.models import CustomerServiceWindow
from templates_hsm.components.sending import check_send_values
from templates_hsm.linter import lint
from templates_hsm.models import MessageTemplate, TemplateStatus
from tenants import audit
from tenants.enums import Role
from tenants.models import Membership, User
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter.deliveries import hear

BOTH = (
    ((stories_es.FIRST, *stories_es.TALKS), stories_templates.ENVIOS),
    ((stories_en.FIRST, *stories_en.TALKS), stories_templates.NORTHGATE),
)
TALKS = [(talk, templates) for talks, templates in BOTH for talk in talks]
names = pytest.mark.parametrize(("talk", "templates"), TALKS, ids=[talk.name for talk, _ in TALKS])
END = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rehearsal(settings, monkeypatch):
    settings.MOVABLE_CLOCK = True
    monkeypatch.setattr(clock, "offset", lambda: 0.0)


# Time


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0m", timedelta()), ("26h", timedelta(hours=26)), ("2d7h30m", timedelta(days=2, hours=7, minutes=30))],
)
def test_a_time_ago_is_read(text, expected):
    assert ago(text) == expected


def test_the_clock_can_be_held_in_a_rehearsal_for_the_caller_alone():
    with clock.frozen(END):
        assert clock.now() == END
        with clock.frozen(END - timedelta(hours=1)):
            assert clock.now() == END - timedelta(hours=1)
        assert clock.now() == END
    assert clock.now() > END - timedelta(days=3650)
    assert clock.now() != END


def test_the_clock_is_never_held_where_customers_are_served(settings):
    settings.MOVABLE_CLOCK = False

    with pytest.raises(clock.ClockNotMovable), clock.frozen(END):
        pass


# The stories


@names
def test_a_talk_is_told_in_its_order_and_no_two_acts_of_a_customer_share_a_moment(talk, templates):
    times = [ago(act.ago) for act in talk.acts]
    said = [act.ago for act in talk.acts if act.side == acts.FROM_CUSTOMER]

    assert times == sorted(times, reverse=True)
    assert len(said) == len(set(said))


@names
def test_a_talk_refers_only_to_what_was_said_before(talk, templates):
    keys = set()
    for act in talk.acts:
        named = {getattr(act, field, "") for field in ("reply_to", "to", "message")} - {""}
        named = {name for name in named if "@" not in name}  # a colleague, not an act
        assert named <= keys, act
        keys |= {act.key} - {""}
        if getattr(act, "file", ""):
            assert act.file in pictures.FILES


@names
def test_a_talk_uses_templates_that_are_approved_and_values_that_fit(talk, templates):
    known = {(story["name"], story["language"]): story for story in templates}
    for act in talk.acts:
        if isinstance(act, acts.Template):
            story = known[act.name, act.language]
            definition = {"name": act.name, "language": act.language, "category": "UTILITY", **story}
            values = {"body": list(act.body), "buttons": {str(n): value for n, value in enumerate(act.buttons)}}
            assert story["becomes"] == "approved"
            assert check_send_values(definition, values) == []


@names
def test_nobody_is_written_to_first_without_an_opt_in(talk, templates):
    if isinstance(talk.acts[0], acts.Template):
        assert talk.opt_in and ago(talk.opt_in[0]) > ago(talk.acts[0].ago)


@names
def test_a_free_answer_leaves_while_the_window_is_open_at_the_stop_where_it_is_played(talk, templates):
    stops = [ago(stop) for stop in ("18d", "9d", "4d", "2d", "25h", "0m")]
    heard = None
    for act in talk.acts:
        if act.side == acts.FROM_CUSTOMER:
            heard = ago(act.ago)
        elif isinstance(act, acts.Answers):
            stop = max(stop for stop in stops if stop <= ago(act.ago))
            assert heard is not None and heard - stop < timedelta(hours=24), act


def test_everybody_has_a_number_of_their_own():
    for talks, _templates in BOTH:
        phones = [talk.phone for talk in talks]
        assert len(phones) == len(set(phones))


@pytest.mark.parametrize("story", [*stories_templates.ENVIOS, *stories_templates.NORTHGATE], ids=lambda s: s["name"])
def test_only_drafts_may_hold_what_our_check_forbids(story):
    definition = {key: story[key] for key in ("name", "language", "components")} | {"category": "UTILITY"}
    errors = [finding.code for finding in lint(definition) if finding.severity == "error"]

    assert not errors or story["becomes"] == "draft"


def test_templates_end_in_every_status_that_lasts():
    ends = {story["becomes"] for _talks, templates in BOTH for story in templates}

    assert ends == {
        "draft", "pending", "approved", "rejected", "paused", "disabled", "archived", "refused", "pending_deletion",
    }  # fmt: skip


@pytest.mark.parametrize("name", pictures.FILES)
def test_files_are_what_they_say(name, tmp_path):
    file_name, content, kind = pictures.FILES[name]()
    path = tmp_path / file_name
    path.write_bytes(content)

    with path.open("rb") as file:
        assert media.recognise(file, file_name).mime_type == kind


# Applications, against the sandbox over HTTP


@pytest.fixture
def stage(sandbox, settings):
    settings.SANDBOX_PORT = sandbox.port
    settings.SITE_FETCH_ALLOW_PRIVATE = True
    sandbox.control("options", delay_accounts=0)
    return Stage(ends_at=END, say=lambda text: None, url=sandbox.url, followers_seconds=0, patience_seconds=0)


@pytest.fixture
def staff(db):
    return people.person(people.STAFF)


def applicant(stage, staff, story, language="es"):
    owner = people.person(people.PAULA)
    company = COMPANIES[story["company"]]
    business = people.business(
        company.brand, owner=owner, country=company.country, language=language, time_zone="America/Bogota"
    )
    return Applicant(stage, business, story, owner=owner, staff=staff)


@pytest.mark.parametrize(
    ("story", "verdict"),
    [
        (stories_applications.ENVIOS, "allowed"),
        (stories_applications.NORTHGATE, "allowed"),
        (stories_applications.NEEDS_REVIEW, "needs_review"),
        (stories_applications.CONTESTED, "prohibited"),
        (stories_applications.REJECTED, "prohibited"),
        (stories_applications.WAITS_FOR_VERIFICATION, "allowed"),
    ],
    ids=lambda value: value["company"] if isinstance(value, dict) else value,
)
def test_an_application_is_complete_and_screened(stage, staff, story, verdict):
    one = applicant(stage, staff, story).submit()

    with business_scope(one.business):
        application = one._present()
        assert application.status == ApplicationStatus.SUBMITTED
        assert application.screenings.order_by("-pk").first().verdict == verdict
        assert NameCheck.objects.get().evidence


def test_a_draft_stops_where_its_story_stops(stage, staff):
    one = applicant(stage, staff, stories_applications.DRAFT)
    one.begin(upto="facebook")

    application = one.application()

    assert (application.status, application.phone) == (ApplicationStatus.DRAFT, "")
    assert application.facebook_business_id


def test_doing_it_again_changes_nothing(stage, staff):
    one = applicant(stage, staff, stories_applications.CHANGES)
    for _run in range(2):
        one.submit()
        one.decide("request_changes", stories_applications.CHANGES["notes"])

    with business_scope(one.business):
        application = one._present()
        assert application.status == ApplicationStatus.CHANGES_REQUESTED
        assert application.change_requests.count() == 2
        assert application.events.filter(kind="submitted").count() == 1


def test_an_unverified_company_waits_for_meta_after_approval(stage, staff):
    one = applicant(stage, staff, stories_applications.WAITS_FOR_VERIFICATION, language="pt-br").submit()
    one.decide("approve")
    one.reach(StepKind.BUSINESS_VERIFICATION, StepState.WAITING_FOR_BUSINESS)

    assert one.application().status == ApplicationStatus.APPROVED
    assert not one._done(StepKind.BUSINESS_VERIFICATION)


def test_a_number_is_activated_with_the_code_from_the_telephone(stage, staff):
    one = applicant(stage, staff, stories_applications.ENVIOS).submit()
    one.decide("approve")
    one.get_name_approved()
    for _run in range(2):
        one.activate()

    with business_scope(one.business):
        assert PhoneNumber.objects.get().registered_at is not None
        assert OnboardingStep.objects.get(kind=StepKind.ROUND_TRIP).state == StepState.WAITING_FOR_BUSINESS


def test_templates_come_to_their_ends(stage, staff):
    one = applicant(stage, staff, stories_applications.ENVIOS).submit()
    one.decide("approve")
    one.get_name_approved()
    one.activate()
    number, stories = one.number(), stories_templates.ENVIOS
    for _run in range(2):
        demo_templates.write(one.business, number, stories, actor=one.owner)
        demo_templates.hand_in(stage, one.business, stories, actor=one.owner)()
        demo_templates.judge(stage, one.business, number, stories)()
        demo_templates.change(stage, one.business, number, stories)()

    with business_scope(one.business):
        found = dict(MessageTemplate.objects.values_list("name", "status"))
    assert found == {story["name"]: TemplateStatus(story["becomes"]) for story in stories}


def test_what_other_processes_didn_t_do_is_named(stage):
    with pytest.raises(DidNotHappen, match="the moon"):
        stage.wait("the moon", lambda: False, seconds=0.01)


# Conversations


class Telephone(Stage):
    """A stage whose sandbox delivers at once, and whose sender succeeds."""

    def __init__(self, number):
        super().__init__(ends_at=END, say=lambda text: None, url="http://127.0.0.1:9")
        self.number, self.ids, self.read = number, 0, []

    def do(self, name, /, **body):
        if name == "inbound":
            return self._arrive(body, body.get("type", "text"))
        if name == "press":
            return self._arrive({"phone": "573155550107", "at": body["at"], "text": "Mañana"}, "text")
        if name == "read":
            self.read.append(body["phone"])
        return {}

    def hand_over(self, file, **fields):
        return self._arrive(fields | {"image": {"id": "9", "mime_type": file[2]}}, "image")

    def _arrive(self, fields, kind):
        self.ids += 1
        wamid = f"wamid.demo{self.ids}"
        content = {"body": fields["text"]} if kind == "text" else fields[kind]
        message = {"from": fields["phone"], "id": wamid, "timestamp": str(fields["at"]), "type": kind, kind: content}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "1", "phone_number_id": self.number.phone_number_id},
            "contacts": [{"wa_id": fields["phone"], "profile": {"name": "Somebody"}}],
            "messages": [message],
        }
        entry = [{"id": "1", "changes": [{"field": "messages", "value": value}]}]
        hear({"object": "whatsapp_business_account", "entry": entry}, received_at=END)
        return {"id": wamid}

    def wait(self, what, look, seconds=8.0):
        with business_scope(self.number.business):
            for message in Message.objects.filter(provider_id=None, direction="outbound"):
                self.ids += 1
                message.provider_id, message.status = f"wamid.out{self.ids}", MessageStatus.DELIVERED
                message.save(update_fields=["provider_id", "status"])
        assert look(), what


@pytest.fixture
def envios(db):
    carolina = people.person(people.CAROLINA)
    business = people.business("Envíos", owner=carolina, country="CO", language="es", time_zone="America/Bogota")
    for email in (people.LUCIA, people.ANDRES):
        people.join(business, email, Role.AGENT, invited_by=carolina)
    return business


def tell(business, number, *wanted):
    waba = number.waba
    approved = {
        (story["name"], story["language"]): builders.template(
            business, name=story["name"], language=story["language"], waba=waba, components=story["components"]
        )
        for story in stories_templates.ENVIOS
        if story["becomes"] == "approved"
    }
    talks = [talk for talk in stories_es.TALKS if talk.name in wanted]
    telephone = Telephone(number)
    for _run in range(2):  # a second run tells the same and doubles nothing
        player = Player(telephone, business, number, talks, approved)
        for stop in ("9d", "4d", "2d", "25h", "0m"):
            with clock.frozen(telephone.moment(ago(stop))):
                play([player], telephone.moment(ago(stop)))


def test_marta_s_conversation_is_told_once_with_its_times(envios):
    number = builders.phone_number(envios)
    tell(envios, number, "Marta Ospina")

    with business_scope(envios):
        conversation = Conversation.objects.get()
        messages = list(Message.objects.order_by("at").values_list("kind", "direction"))
        window = CustomerServiceWindow.objects.get()
        assert ConsentEvent.objects.filter(source="web_form").count() == 1
        assert Note.objects.get().at == END - ago("12m")
    assert messages == [
        ("template", "outbound"),
        ("text", "inbound"),
        ("text", "outbound"),
        ("location", "inbound"),
        ("text", "inbound"),
        ("text", "inbound"),
    ]
    assert conversation.assignee == User.objects.get(email=people.LUCIA)
    assert conversation.waiting_since == END - ago("21m")
    assert window.expires_at == END - ago("6m") + timedelta(hours=24)


def test_files_reactions_and_answers_are_told(envios):
    number = builders.phone_number(envios)
    tell(envios, number, "Paola Giraldo", "Comercial Ríos", "Nubia Vélez")

    with business_scope(envios):
        assert set(MessageMedia.objects.exclude(file="").values_list("file_name", flat=True)) == {
            "Guía CV-48190.pdf", "Tarifas Valle.pdf", "entrega.png",
        }  # fmt: skip
        assert Reaction.objects.get().emoji == "👍"
        resolved = Conversation.objects.filter(status="resolved")
        assert [row.contact.identities.get(kind="wa_id").value for row in resolved] == ["573155550171"]


# Channels


class ProbePhone(Telephone):
    """A telephone whose messages are written now and whose answers arrive at once."""

    def do(self, name, /, **body):
        return super().do(name, **{"at": int(clock.now().timestamp())} | body)

    def wait(self, what, look, seconds=8.0):
        with business_scope(self.number.business):
            Message.objects.filter(direction="outbound", delivered_at=None).update(
                status=MessageStatus.DELIVERED, sent_at=clock.now(), delivered_at=clock.now()
            )
        catch_up()
        assert look(), what


def test_our_team_tests_a_number_once_and_it_is_live(envios, staff):
    number = builders.phone_number(envios, live_at=None)
    one = SimpleNamespace(
        business=envios,
        owner=User.objects.get(email=people.CAROLINA),
        staff=staff,
        number=lambda: _fresh(number),
    )
    for _run in range(2):
        channels.test(ProbePhone(number), one)()

    assert _fresh(number).live_at is not None
    with business_scope(envios):
        assert RoundTrip.objects.get().state == RoundTrip.State.DONE
        assert Conversation.objects.get().status == "resolved"
        assert Message.objects.filter(direction="outbound").count() == 1


def _fresh(number):
    with business_scope(number.business):
        return PhoneNumber.objects.select_related("waba", "business").get(pk=number.pk)


def test_the_theatre_s_box_office_is_set_up_late(stage, staff):
    for _run in range(2):
        badges.tell(stage)
        channels.tell(stage)

    with every_business():
        late = ChannelSetup.objects.get(phone_number__display_name=channels.LATE["name"])
        assert (late.phone_number.live_at, late.platform_version) == (None, "7.4")
        assert late.started_at == END - ago(channels.SINCE)
        assert RoundTrip.objects.get().state == RoundTrip.State.OPEN


# The command


def test_an_installation_of_others_is_left_alone(acme, capsys, settings):
    settings.WHATSAPP_PROVIDER = "sandbox"

    call_command("demo", "--if-empty")

    assert "businesses already" in capsys.readouterr().out
    assert not Membership.objects.exists()


def test_a_broken_demo_is_known_from_a_finished_one(db):
    assert state() == "empty"
    business = builders.business("Envíos")
    assert state() == "foreign"
    for verb, expected in ((BEGUN, "begun"), (FINISHED, "finished")):
        with business_scope(business):
            audit.record(verb, "Envíos", ends_at=END.isoformat())
        assert state() == expected


def test_the_demo_is_refused_where_the_clock_can_t_be_moved(db, settings):
    settings.MOVABLE_CLOCK = False

    with pytest.raises(CommandError, match="rehearsal"):
        call_command("demo")


def test_people_can_log_in_with_the_password_that_is_printed(db, client):
    people.person(people.LUCIA)
    people.person(people.LUCIA)

    assert client.login(email=people.LUCIA, password=people.PASSWORD)
    assert User.objects.get().emailaddress_set.get().verified
