"""The REST API: the same services, the same scopes, the same refusals as the pages."""

import pytest

from contactcenter.models import Message
from contacts.models import ConsentEvent
from contacts.services import consent
from templates_hsm.models import TemplateStatus
from tenants.services import api_keys
from tenants.tenancy import business_scope
from tests import builders


@pytest.fixture
def key(acme, olga):
    with business_scope(acme):
        return api_keys.create(acme, "Platform", actor=olga)[1]


@pytest.fixture
def api(client, key):
    """A caller with Acme's key."""
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def post(client, path, data, **headers):
    return client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)


@pytest.fixture
def rosa(acme):
    conversation = builders.conversation(
        acme, contact_name="Rosa", contact=builders.contact(acme, wa_id="573001112233")
    )
    builders.window(conversation, hours_left=5)
    return conversation


def test_without_a_key_nobody_gets_in(client, db):
    response = client.get("/api/v1/conversations/")

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "not_authenticated"


def test_a_revoked_key_is_refused(api, acme, olga):
    with business_scope(acme):
        api_keys.revoke(acme.api_keys.get(), actor=olga)

    assert api.get("/api/v1/conversations/").status_code == 401


def test_a_key_sees_only_its_business(api, rosa, globex):
    builders.conversation(globex, contact_name="Secret")

    found = api.get("/api/v1/conversations/").json()["data"]

    assert [row["reference"] for row in found] == [str(rosa.reference)]


@pytest.mark.parametrize("what", ["", "messages/"])
def test_the_neighbours_conversation_is_not_found(api, globex, what):
    theirs = builders.conversation(globex)

    assert api.get(f"/api/v1/conversations/{theirs.reference}/{what}").status_code == 404
    assert post(api, f"conversations/{theirs.reference}/messages/", {"text": "Hi"}).status_code == 404


def test_the_neighbours_number_can_not_be_used(api, globex):
    theirs = builders.phone_number(globex)

    response = post(api, "messages/", {"phone_number": str(theirs.reference), "to": "+573001112233", "text": "Hi"})

    assert response.status_code == 404


def test_may_i_send_inside_the_window(api, rosa):
    answer = api.get(
        "/api/v1/windows/", {"phone_number": str(rosa.phone_number.reference), "to": "+57 300 111 2233"}
    ).json()

    assert answer["open"] is True
    assert answer["free_form"]["allowed"] is True
    assert answer["free_form"]["price"]["currency"] == "USD"


def test_may_i_send_outside_the_window(api, rosa):
    builders.window(rosa, hours_left=-1)

    answer = api.get(
        "/api/v1/windows/", {"phone_number": str(rosa.phone_number.reference), "to": "+573001112233"}
    ).json()

    assert (answer["open"], answer["free_form"]["reason"]) == (False, "window_closed")
    assert answer["free_form"]["what_to_do"]


def test_text_is_queued_once_per_idempotency_key(api, rosa):
    for _try in range(2):
        response = post(api, f"conversations/{rosa.reference}/messages/", {"text": "Hi"}, **{"Idempotency-Key": "k1"})
        assert response.status_code == 202

    with business_scope(rosa.business):
        assert Message.objects.filter(direction="outbound").count() == 1


def test_another_body_under_the_same_key_is_refused(api, rosa):
    post(api, f"conversations/{rosa.reference}/messages/", {"text": "Hi"}, **{"Idempotency-Key": "k1"})

    response = post(api, f"conversations/{rosa.reference}/messages/", {"text": "Bye"}, **{"Idempotency-Key": "k1"})

    assert response.status_code == 422
    assert response.json()["error"]["code"] == "idempotency_conflict"


def test_outside_the_window_text_is_refused_with_what_to_do(api, rosa):
    builders.window(rosa, hours_left=-1)

    response = post(api, f"conversations/{rosa.reference}/messages/", {"text": "Hi"})

    assert response.status_code == 409
    assert response.json()["error"]["code"] == "window_closed"
    assert response.json()["error"]["what_to_do"]
    with business_scope(rosa.business):
        assert not Message.objects.exists()


def test_a_template_goes_to_a_new_person_who_opted_in(api, acme):
    number = builders.phone_number(acme)
    template = builders.template(acme, waba=number.waba)
    post(api, "opt-ins/", {"to": "+573009998877", "kind": "opt_in", "key": "form-1", "wording": "Yes, Acme may write"})

    response = post(
        api,
        "messages/",
        {
            "phone_number": str(number.reference),
            "to": "+573009998877",
            "template": str(template.reference),
            "values": {"body": {"1": "Rosa", "2": "48213"}},
        },
    )

    assert response.status_code == 202, response.content
    assert "Rosa" in response.json()["text"]


def test_without_opt_in_no_template(api, acme):
    number = builders.phone_number(acme)
    template = builders.template(acme, waba=number.waba)

    response = post(
        api,
        "messages/",
        {
            "phone_number": str(number.reference),
            "to": "+573009998877",
            "template": str(template.reference),
            "values": {"body": {"1": "Rosa", "2": "48213"}},
        },
    )

    assert response.status_code == 409
    assert response.json()["error"]["code"] == "no_opt_in"


def test_an_opt_in_counts_once_per_key(api, acme):
    for _try in range(2):
        assert post(api, "opt-ins/", {"to": "+573009998877", "kind": "opt_in", "key": "form-1"}).status_code == 201

    with business_scope(acme):
        [line] = ConsentEvent.objects.all()
        assert consent.may_message(line.contact, category="utility").allowed


def test_a_bad_number_is_named_with_the_field(api, acme):
    response = post(api, "opt-ins/", {"to": "12", "kind": "opt_in", "key": "x"})

    assert response.status_code == 400
    assert "to" in response.json()["error"]["fields"]


def test_pages_go_on_where_they_stopped(api, acme):
    for _n in range(5):
        builders.conversation(acme)

    first = api.get("/api/v1/conversations/", {"limit": 3}).json()
    second = api.get("/api/v1/conversations/", {"limit": 3, "after": first["next"]}).json()

    seen = [row["reference"] for row in first["data"] + second["data"]]
    assert len(seen) == len(set(seen)) == 5
    assert second["next"] is None


@pytest.mark.parametrize("cursor", ["x", "e30", "WzEsMl0", "bnVsbA"])
def test_a_made_up_cursor_is_the_callers_error(api, rosa, cursor):
    assert api.get("/api/v1/conversations/", {"after": cursor}).status_code == 400


def test_a_draft_template_is_made_and_handed_in(api, acme):
    builders.waba(acme)
    made = post(
        api,
        "templates/",
        {
            "name": "order_update",
            "language": "en",
            "category": "UTILITY",
            "components": [
                {
                    "type": "BODY",
                    "text": "Hello {{1}}, your order {{2}} is on its way.",
                    "example": {"body_text": [["Rosa", "48213"]]},
                }
            ],
        },
    )
    assert made.status_code == 201, made.content

    response = post(api, f"templates/{made.json()['reference']}/submit/", {})

    assert (response.status_code, response.json()["status"]) == (202, TemplateStatus.SUBMITTING)


def test_the_linters_errors_stop_a_template(api, acme):
    bad = builders.template(
        acme, status=TemplateStatus.DRAFT, provider_id=None, components=[{"type": "BODY", "text": "{{1}}"}]
    )

    response = post(api, f"templates/{bad.reference}/submit/", {})

    assert response.status_code == 422
    assert response.json()["error"]["findings"]


def test_lint_answers_without_storing(api, acme):
    findings = post(api, "templates/lint/", {"name": "Bad Name", "components": []}).json()

    assert {"name_format"} <= {finding["code"] for finding in findings}


def test_applications_and_numbers_are_listed(api, acme, globex):
    builders.application(acme, brand="Acme")
    builders.application(globex, brand="Globex")
    builders.phone_number(acme)

    assert [row["brand"] for row in api.get("/api/v1/applications/").json()] == ["Acme"]
    assert len(api.get("/api/v1/phone-numbers/").json()) == 1


def test_a_member_uses_the_session_and_names_the_business(client, acme, ana, rosa):
    client.force_login(ana)

    response = client.get("/api/v1/conversations/", headers={"X-Business": acme.slug})

    assert len(response.json()["data"]) == 1


def test_a_viewer_may_read_and_not_write(client, acme, rosa):
    client.force_login(builders.member(acme, "vic", role="viewer"))

    assert client.get("/api/v1/conversations/").status_code == 200
    assert post(client, f"conversations/{rosa.reference}/messages/", {"text": "Hi"}).status_code == 403


def test_the_schema_describes_every_address(client, db):
    response = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})

    assert response.status_code == 200
    paths = response.json()["paths"] if "json" in response["Content-Type"] else response.content.decode()
    assert "/api/v1/conversations/{reference}/messages/" in paths


def test_the_documentation_loads_nothing_from_elsewhere(client, db):
    page = client.get("/api/docs/").content.decode()

    assert "https://" not in page.replace("https://127.0.0.1", "")


def test_the_proof_of_a_consent(api, acme, rosa):
    import hashlib

    from contacts.services import proof

    with business_scope(acme):
        consent.record_opt_in(rosa.contact, source="paper", key="p", wording="Sí, Acme")
    response = api.get("/api/v1/opt-ins/proof/", {"to": "+573001112233", "purpose": "marketing"})
    body = response.json()

    assert response.status_code == 200
    assert body["said"]["allowed"] is True
    assert [line["wording"] for line in body["said"]["lines"]] == ["Sí, Acme"]
    assert body["sha256"] == hashlib.sha256(proof.canonical(body["said"]).encode()).hexdigest()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"to": "+573001112299"}, 404),
        ({"to": "+573001112233", "purpose": "x"}, 400),
        ({"to": "+573001112233", "at": "2999-01-01T00:00:00Z"}, 400),
        ({}, 400),
    ],
)
def test_a_question_for_proof_that_makes_no_sense(api, rosa, query, status):
    assert api.get("/api/v1/opt-ins/proof/", query).status_code == status
