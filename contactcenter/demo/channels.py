"""Channels: the round trip that makes the first numbers live, and one number that is still being set up and late."""

from config import clock
from contactcenter.demo import badges, people
from contactcenter.demo.stage import ago
from contactcenter.models import Conversation, ConversationStatus
from contactcenter.services import conversations as handling
from onboarding import gateway
from onboarding.models import ChannelSetup, PhoneNumber, ProviderRoute, RoundTrip, Waba
from onboarding.services import channels, round_trips, steps
from tenants.models import Business
from tenants.tenancy import business_scope

TESTER, TEST_PHONE = "Umbral, prueba", "573155550190"
LATE = {"national": "6056640199", "name": "Taquilla Teatro del Puerto"}
SINCE = "6d"
PROFILE = {
    "about": "Teatro, danza y música frente al mar", "address": "Calle del Muelle 7, Santa Marta",
    "email": "hola@teatrodelpuerto.example", "websites": [badges.SITE], "description": "Abierto desde 1936.",
}  # fmt: skip


def test(stage, applicant):
    """Our team tests a number that was just registered: a word from a phone, an answer that arrives.

    Returns a function that waits until it did.
    """
    number = applicant.number()
    if number.live_at:
        return lambda: None
    with business_scope(applicant.business):
        setup = channels.begin(number)
        if not setup.platform:
            channels.say_platform(setup, platform="none", version="", actor=applicant.owner)
        trip = round_trips.newest(number)
        if trip is None or trip.state not in RoundTrip.UNDER_WAY:
            trip = round_trips.start(number, actor=applicant.staff, by_staff=True)
    if trip.state == RoundTrip.State.OPEN:
        stage.do("inbound", number=number.phone_number_id, phone=TEST_PHONE, name=TESTER, text=trip.word)
    return lambda: _see_it_live(stage, applicant, number)


def _see_it_live(stage, applicant, number):
    stage.wait(f"the round trip of {applicant.business}", lambda: applicant.number().live_at, 12)
    with business_scope(applicant.business):
        for conversation in Conversation.objects.filter(phone_number=number).exclude(
            status=ConversationStatus.RESOLVED
        ):
            handling.resolve(conversation, by=applicant.owner)


def tell(stage):
    """Fill the theatre's profiles, and give it a box office whose channel is overdue."""
    business = Business.objects.get(name=badges.NAME)
    line = gateway.line(subject="demo")
    with business_scope(business):
        waba = Waba.objects.get(business=business)
        nodes = list(PhoneNumber.objects.filter(business=business).values_list("phone_number_id", flat=True))
        begun = ChannelSetup.objects.filter(phone_number__display_name=LATE["name"]).exists()
    for node in nodes:
        if not line.fetch_profile(node).about:
            line.update_profile(node, **PROFILE)
    if begun:
        return
    number = _box_office(stage, business, line, waba)
    with business_scope(business):
        setup = channels.begin(number)
        owner = people.person(people.PAULA)
        channels.say_platform(setup, platform="current", version="7.4", actor=owner)
        round_trips.start(number, actor=owner)


def _box_office(stage, business, line, waba):
    digits = f"57{LATE['national']}"
    node = next((report.id for report in line.list_phone_numbers(waba.waba_id) if report.digits == digits), None)
    node = node or line.add_phone_number(
        waba.waba_id, country_code="57", number=LATE["national"], display_name=LATE["name"]
    )
    since = stage.moment(ago(SINCE))
    with business_scope(business), clock.frozen(since):
        number, _made = PhoneNumber.objects.get_or_create(
            business=business,
            e164=f"+{digits}",
            defaults={
                "waba": waba, "phone_number_id": node, "display_name": LATE["name"], "pin": steps.new_pin(),
                "created_at": since, "registered_at": since, "code_verification": "verified",
                "name_status": "approved", "status": "connected",
            },
        )  # fmt: skip
        badges.route(ProviderRoute.Kind.PHONE_NUMBER, node, business, number)
    badges.connect(stage, line, node, digits, number.pin)
    line.update_profile(node, about=PROFILE["about"], address=PROFILE["address"])
    return number
