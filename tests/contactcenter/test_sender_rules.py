"""The pure parts of the sender: rates, lanes, fair shares, and what answers mean."""

from bisect import bisect_left

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contactcenter.models.outbox import Priority
from contactcenter.sender import outcomes
from contactcenter.sender.board import Board, Number
from contactcenter.sender.lanes import Item, Lanes
from contactcenter.sender.limits import NumberRate, PairRate
from contactcenter.sender.options import Options
from contactcenter.sender.store import Facts
from contactcenter.sender.wire import build
from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from providers.cloud_api import classify_answer


def item(pk, *, conversation=None, priority=Priority.AGENT, business=1, number=1, **fields):
    return Item(
        id=pk,
        business=business,
        number=number,
        priority=priority,
        attempts=0,
        message=pk,
        conversation=conversation or pk,
        contact=pk,
        phone="573001112233",
        **fields,
    )


def board(*numbers, **options):
    made = Board(Options(**options))
    for pk, business, per_second in numbers:
        rate = NumberRate(per_second, 0.0)
        made.numbers[pk] = Number(pk, Facts(business, str(pk), per_second, "t"), rate)
    return made


def leave(made, at):
    return [each.id for _number, each, _moment in made.next_to_leave(at).batch]


# Rates


def departures(rate, moments, *, urgent=False, hurry=0.0):
    """When messages leave if each is asked for as soon as one of ``moments`` allows it; ``hurry`` delays marks."""
    reserved, left = [], []
    for at in moments:
        while (moment := rate.reserve(at, urgent)) is not None:
            reserved.append(max(moment, at + hurry))
        for moment in sorted(moment for moment in reserved if moment <= at):
            if rate.leave(at, urgent):
                left.append(at)
                reserved.remove(moment)
    return left


def busiest(left):
    return max(bisect_left(left, start + 1) - place for place, start in enumerate(left))


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 1000), st.lists(st.floats(0, 0.2), min_size=20, max_size=200), st.booleans())
def test_no_second_ever_has_more_than_the_limit(per_second, pauses, urgent):
    rate, at, moments = NumberRate(per_second, 0.0), 1.0, []
    for pause in pauses:
        at += pause
        moments.append(at)

    left = departures(rate, moments, urgent=urgent)

    assert not left or busiest(left) <= per_second


@pytest.mark.parametrize(("per_second", "share"), [(20, 0.94), (80, 0.97), (1000, 0.97)])
def test_a_number_with_enough_to_say_says_almost_all_it_may(per_second, share):
    rate = NumberRate(per_second, 0.0)

    left = departures(rate, [1.0 + step * 0.004 for step in range(2500)], hurry=0.01)

    assert busiest(left) <= per_second
    assert sum(2.0 <= at < 10.0 for at in left) >= share * 8 * per_second


def test_an_agents_reply_leaves_at_once_while_a_campaign_uses_all_it_may():
    rate, left, waited = NumberRate(80, 0.0), [], []
    for step in range(1000):
        at = 1.0 + step * 0.005
        while (moment := rate.reserve(at)) is not None:
            left.append(moment)
        for moment in [moment for moment in left if moment <= at]:
            if rate.leave(at):
                left.remove(moment)
        if step % 200 == 100:
            waited.append(rate.reserve(at, urgent=True) - at)
            assert rate.leave(at, urgent=True)

    assert waited == [0.0] * 5


def test_a_number_starts_with_nothing_saved_up():
    rate = NumberRate(80, 100.0)

    assert sum(rate.reserve(100.0, urgent=True) is not None for _ in range(20)) <= 5


def test_too_fast_halves_the_rate_once_per_burst_and_it_climbs_back():
    rate = NumberRate(80, 0.0)
    rate.too_fast(1.0)
    rate.too_fast(1.1)
    assert rate.rate == 40
    assert rate.reserve(1.9) is None
    assert not rate.leave(1.9)
    assert rate.reserve(2.2) == 2.2
    assert rate.leave(2.2)
    rate.reserve(6.0)
    assert 50 < rate.rate < 80
    rate.reserve(60.0)
    assert rate.rate == 80


def test_what_was_cut_to_almost_nothing_still_speaks():
    rate = NumberRate(1, 0.0)
    rate.too_fast(0.0)
    assert rate.rate == 0.5

    assert len(departures(rate, [step / 10 for step in range(10, 120)])) >= 4


def test_a_changed_allowance_is_followed():
    rate = NumberRate(80, 0.0)
    rate.set_allowance(1000)
    assert rate.rate == 1000
    rate.too_fast(1.0)
    rate.set_allowance(20)
    assert rate.rate == 20


def test_what_left_still_counts_when_a_number_is_taken_over_again():
    made = Board(Options())
    facts = Facts(1, "1", 20, "t")
    first = made.take_over(1, facts, {}, 1.0)
    assert sum(first.rate.leave(2.0, urgent=True) for _ in range(30)) == 20
    made.numbers = {}
    made.forget_paid(2.5)

    again = made.take_over(1, facts, {}, 2.6)

    assert not again.rate.leave(2.6)
    assert again.rate.leave(3.1)


def test_a_pair_may_burst_and_pays_back():
    pairs, taken = PairRate(), 0
    while pairs.next_at("rosa", 0.0) <= 0.0:
        pairs.take("rosa", 0.0)
        taken += 1

    assert taken == 45
    assert pairs.next_at("rosa", 0.0) == pytest.approx(6.0)
    assert pairs.next_at("luis", 0.0) <= 0.0
    pairs.forget_paid(45 * 6.0)
    assert len(pairs) == 0


# Order


def test_agents_go_first_and_a_conversation_has_one_on_its_way():
    lanes = Lanes()
    for each in (
        item(1, priority=Priority.CAMPAIGN),
        item(2, conversation=7),
        item(3, conversation=7),
        item(4, priority=Priority.SYSTEM),
    ):
        assert lanes.add(each)

    assert [lanes.take().id for _ in range(3)] == [2, 4, 1]
    assert lanes.take() is None
    lanes.done(7)
    assert lanes.take().id == 3


def test_what_stands_behind_a_postponed_item_goes_back_with_it_and_waits_for_it():
    lanes = Lanes()
    for pk in (1, 2, 3):
        lanes.add(item(pk, conversation=7))
    first = lanes.take()

    assert [each.id for each in lanes.hold(first)] == [2, 3]
    lanes.done(7)
    assert len(lanes) == 0
    assert not lanes.add(item(2, conversation=7))
    assert lanes.add(item(9, conversation=8))
    assert lanes.add(item(1, conversation=7))
    assert lanes.add(item(2, conversation=7))


def test_an_agents_reply_passes_a_postponed_campaign_message():
    lanes = Lanes()
    lanes.add(item(1, conversation=7, priority=Priority.CAMPAIGN))
    lanes.hold(lanes.take())
    lanes.done(7)

    assert lanes.add(item(2, conversation=7, priority=Priority.AGENT))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=40))
def test_within_a_conversation_and_a_priority_the_order_is_kept(rows):
    lanes, taken = Lanes(), []
    for pk, (priority, conversation) in enumerate(rows, 1):
        lanes.add(item(pk, priority=priority, conversation=conversation))
    while (each := lanes.take()) is not None:
        taken.append(each)
        lanes.done(each.conversation)

    assert sorted(each.id for each in taken) == list(range(1, len(rows) + 1))
    for conversation in range(1, 5):
        turns = [each.turn for each in taken if each.conversation == conversation]
        assert turns == sorted(turns)


# Shares


def test_one_business_has_at_most_half_of_what_is_on_its_way():
    made = board((1, 1, 1000), (2, 2, 1000), in_flight=20)
    for pk in range(1, 31):
        made.numbers[1].lanes.add(item(pk, number=1, business=1))
    for pk in range(31, 34):
        made.numbers[2].lanes.add(item(pk, number=2, business=2))

    gone = leave(made, 5.0)

    assert len([pk for pk in gone if pk <= 30]) == 10
    assert len([pk for pk in gone if pk > 30]) == 3


def test_campaigns_leave_room_for_agents():
    made = board((1, 1, 1000), (2, 2, 1000), in_flight=10)
    for pk in range(1, 31):
        made.numbers[1 + pk % 2].lanes.add(item(pk, number=1 + pk % 2, business=1 + pk % 2, priority=Priority.CAMPAIGN))
    assert len(leave(made, 5.0)) == 8
    made.numbers[1].lanes.add(item(99, number=1, business=1))
    assert leave(made, 6.0) == [99]


def test_agents_are_claimed_even_when_a_campaign_fills_the_room_of_a_number():
    made = board((1, 1, 5), in_flight=400)
    for pk in range(1, 10):
        made.numbers[1].lanes.add(item(pk, priority=Priority.CAMPAIGN))

    assert made.wanted([1], 5.0) == [(1, 20, Priority.AGENT + 1)]


def test_a_stopped_number_rests_longer_each_time_then_tries_with_one_message():
    made = board((1, 1, 80))
    number = made.numbers[1]
    assert number.stop(10.0)
    assert not number.stop(10.5)
    assert made.wanted([1], 20.0) == []
    assert made.wanted([1], 71.0) == [(1, 1, Priority.CAMPAIGN + 1)]
    assert number.stop(71.0)
    assert number.rests(71.0 + 119)
    assert not number.works_again(70.0)
    assert number.works_again(71.0 + 121)
    assert number.stops == 0


# What answers mean


def answer(status, body, headers=None):
    try:
        classify_answer(status, headers or {}, body, idempotent=False)
    except ProviderError as error:
        return error
    raise AssertionError("a good answer")


def envelope(code, **more):
    import json  # only here

    return json.dumps({"error": {"code": code, "message": "No", **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, envelope(131008), "failed"),
        (400, envelope(131047), "failed"),
        (400, envelope(131026), "failed"),
        (400, envelope(131049), "failed"),
        (400, envelope(131050), "failed"),
        (500, envelope(131000), "again"),
        (503, envelope(2), "again"),
        (400, envelope(130429), "again"),
        (500, envelope(131057), "again"),
        (400, envelope(131056), "again"),
        (401, envelope(190), "again"),
        (403, envelope(368), "again"),
        (429, b"", "again"),
        (500, b"<h1>Oops</h1>", "unknown"),
        (502, b"", "unknown"),
        (503, b"", "unknown"),
        (504, b"<html>", "unknown"),
        (200, b"<html>", "unknown"),
        (302, b"", "failed"),
    ],
)
def test_each_answer_is_surely_refused_or_unknown(status, body, kind):
    assert outcomes.judge(answer(status, body), 1).kind == kind


def test_pauses_speak_about_the_number_or_the_pair():
    too_fast = outcomes.judge(answer(400, envelope(130429)), 1)
    upgrade = outcomes.judge(answer(500, envelope(131057)), 1)
    pair = outcomes.judge(answer(400, envelope(131056)), 2)
    token = outcomes.judge(answer(401, envelope(190)), 1)

    assert too_fast.too_fast and too_fast.pause_number
    assert upgrade.pause_number == 60 and not upgrade.too_fast
    assert pair.pause_pair and pair.after == 16
    assert token.stop_number


def test_a_refusal_is_not_tried_for_ever():
    error = ProviderUnavailable("busy", code=131000, action=Action.RETRY)
    tries = [outcomes.judge(error, attempts) for attempts in range(1, 6)]

    assert [each.kind for each in tries] == ["again"] * 4 + ["failed"]
    assert [each.after for each in tries[:4]] == [1, 4, 16, 64]


def test_silence_is_unknown_whatever_it_says():
    assert outcomes.judge(OutcomeUnknown("?", action=Action.RETRY), 1).kind == "unknown"


def test_the_request_carries_our_reference_and_wants_an_address():
    text = item(1, message_reference="our-reference", content={"type": "text", "body": "Hola"}, reply_to="wamid.0")
    body = build(text, "7").json

    assert body["biz_opaque_callback_data"] == "our-reference"
    assert body["context"] == {"message_id": "wamid.0"}
    text.phone = ""
    with pytest.raises(ValueError):
        build(text, "7")
