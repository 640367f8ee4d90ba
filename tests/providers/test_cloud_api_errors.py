"""What errors of the Graph API mean, and how they are explained."""

import json
import pickle
from pathlib import Path

import pytest

from providers.base import Action, Credentials, OutcomeUnknown, ProviderError, ProviderUnavailable
from providers.cloud_api import classify_answer
from providers.errors_text import EXPLANATIONS, explain

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "payloads"


def envelope(code, subcode=None, details="", **more):
    error = {"message": f"(#{code}) t", "code": code, "error_data": {"details": details}} | more
    return json.dumps({"error": error | ({"error_subcode": subcode} if subcode else {})}).encode()


def failure(status, body, headers=None, **how):
    with pytest.raises(ProviderError) as caught:
        classify_answer(status, headers or {}, body, **how)
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind", "action"),
    [
        (503, 2, ProviderUnavailable, Action.RETRY),
        (400, 1, ProviderUnavailable, Action.RETRY),
        (500, 131000, ProviderUnavailable, Action.RETRY),
        (500, 131016, ProviderUnavailable, Action.RETRY),
        (503, 133004, ProviderUnavailable, Action.RETRY),
        (400, 4, ProviderUnavailable, Action.WAIT),
        (400, 80007, ProviderUnavailable, Action.WAIT),
        (400, 80008, ProviderUnavailable, Action.WAIT),
        (400, 130429, ProviderUnavailable, Action.PAUSE_NUMBER),
        (500, 131057, ProviderUnavailable, Action.PAUSE_NUMBER),
        (400, 131056, ProviderUnavailable, Action.PAUSE_PAIR),
        (429, 424242, ProviderUnavailable, Action.WAIT),
        (500, 424242, ProviderUnavailable, Action.RETRY),
        (400, 133016, ProviderError, Action.WAIT),
        (400, 133008, ProviderError, Action.WAIT),
        (400, 131049, ProviderError, Action.WAIT),
        (400, 131050, ProviderError, Action.USER_STOP),
        (400, 131047, ProviderError, Action.NO_RETRY),
        (400, 131026, ProviderError, Action.NO_RETRY),
        (400, 131048, ProviderError, Action.NO_RETRY),
        (400, 132015, ProviderError, Action.NO_RETRY),
        (400, 424242, ProviderError, Action.NO_RETRY),
        (400, 100, ProviderError, Action.FIX),
        (404, 132001, ProviderError, Action.FIX),
        (500, 3, ProviderError, Action.FIX),
        (500, 133000, ProviderError, Action.FIX),
        (401, 190, ProviderError, Action.STOP_NUMBER),
        (401, 0, ProviderError, Action.STOP_NUMBER),
        (403, 200, ProviderError, Action.STOP_NUMBER),
        (403, 368, ProviderError, Action.STOP_NUMBER),
        (400, 131042, ProviderError, Action.STOP_NUMBER),
        (500, 131045, ProviderError, Action.STOP_NUMBER),
        (400, 133010, ProviderError, Action.STOP_NUMBER),
    ],
)
def test_a_code_decides_whether_to_come_back(status, code, kind, action):
    error = failure(status, envelope(code, details="why"), idempotent=False)

    assert (type(error), error.action) == (kind, action)
    assert (error.code, error.details, error.http_status) == (code, "why", status)


def test_one_missing_feature_is_not_lost_access():
    assert failure(403, envelope(10)).action is Action.STOP_NUMBER
    assert failure(400, envelope(10, 2388185)).action is Action.FIX


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("body", [b"<html>no</html>", b"", b'{"error":', b"\xff"])
def test_an_answer_that_is_no_json_is_no_answer(status, body):
    assert type(failure(status, body)) is ProviderUnavailable


@pytest.mark.parametrize("status", [200, 502, 504])
def test_an_unreadable_answer_to_a_message_leaves_its_fate_open(status):
    assert type(failure(status, b"<html>", idempotent=False)) is OutcomeUnknown
    assert type(failure(status, b"<html>", idempotent=True)) is ProviderUnavailable


def test_a_refusal_by_meta_itself_is_sure_whatever_its_status():
    assert type(failure(504, envelope(131000), idempotent=False)) is ProviderUnavailable


def test_an_error_in_a_good_status_is_an_error_and_a_redirect_is_refused():
    assert failure(200, envelope(100)).code == 100
    assert type(failure(302, b"", {"Location": "https://elsewhere.example"})) is ProviderError


def test_the_wait_that_the_provider_names_counts():
    usage = json.dumps({"1": [{"estimated_time_to_regain_access": 7}]})

    assert failure(429, b"", {"Retry-After": "12"}).retry_after == 12
    assert failure(400, envelope(80007), {"X-Business-Use-Case-Usage": usage}).retry_after == 420
    assert failure(400, envelope(80007), {"X-Business-Use-Case-Usage": "[]"}).retry_after == 3600
    assert failure(400, envelope(133016), {"Retry-After": "nan"}).retry_after == 72 * 3600


@pytest.mark.parametrize(
    ("error", "details"),
    [
        ({"error_data": "a plain string"}, "a plain string"),
        ({"error_data": None, "error_user_msg": "for people"}, "for people"),
        ({"error_data": {"details": 5}}, "5"),
        ({"error_data": ["x"]}, ""),
    ],
)
def test_details_come_in_several_places(error, details):
    assert failure(400, envelope(100, **error)).details == details


def test_no_secret_gets_into_an_error():
    token = "EAAG" + "x" * 40
    body = envelope(190, details="secret-of-ours was wrong", message=f"Malformed access token {token}")
    error = failure(401, body, secrets=("secret-of-ours",))

    for shown in (str(error), repr(error), str(vars(error))):
        assert token not in shown and "secret-of-ours" not in shown
    assert "TOP" not in repr(Credentials("https://g", "TOP", app_secret="TOP2"))


def test_errors_survive_the_way_to_another_process():
    error = failure(400, envelope(131056, 5, "d"))
    again = pickle.loads(pickle.dumps(error))

    assert (type(again), vars(again), str(again)) == (type(error), vars(error), str(error))


@pytest.mark.skipif(not SHARED.exists(), reason="the published samples aren't on this machine")
def test_every_published_error_is_classified_and_explained():
    files = [*SHARED.glob("messaging/**/err_*.json"), *SHARED.glob("onboarding/*error*.json")]
    for path in files:
        error = json.loads(path.read_text()).get("error", {})
        if not error:
            continue
        caught = failure(400, path.read_bytes())
        assert caught.code == error["code"], path.name
        assert str(explain(caught.code, caught.subcode, caught.details).title), path.name
    assert len(files) > 50


# Explanations


def test_an_unknown_code_is_quoted_with_the_words_of_the_provider():
    text = explain(424242, 7, "Moon in the wrong house.")

    assert not text.is_known
    assert "424242/7" in str(text.title) and "Moon in the wrong house." in str(text.what_to_do)


def test_a_subcode_says_more_than_its_code():
    assert explain(100, 2388024) is EXPLANATIONS[2388024]
    assert explain(100, 999) is EXPLANATIONS[100]
    assert explain(None).title and explain(207) is EXPLANATIONS[10]
