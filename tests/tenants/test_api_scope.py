"""A request of the API is one transaction: what fails leaves nothing, and a database that is away is said so."""

import pytest
from django.db import OperationalError, connection
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from tenants.api import BusinessAPIView
from tenants.api_access import make_key
from tenants.models import ApiKey, AuditEvent
from tenants.tenancy import business_scope

pytestmark = pytest.mark.django_db(transaction=True)


def view(then):
    """A view that writes a row and then does something."""

    class Writes(BusinessAPIView):
        def post(self, request):
            AuditEvent.objects.create(business=request.business, verb="tried", subject="x")
            then()
            return Response({"done": True})

    return Writes.as_view()


def ask(business, then):
    key, prefix, digest = make_key()
    ApiKey.objects.create(business=business, name="k", prefix=prefix, digest=digest)
    return view(then)(APIRequestFactory().post("/", headers={"Authorization": f"Bearer {key}"}))


def tried(business):
    with business_scope(business):
        return AuditEvent.objects.filter(verb="tried").count()


def fail(error):
    def then():
        raise error

    return then


def test_what_succeeds_is_stored(acme):
    assert ask(acme, lambda: None).status_code == 200
    assert tried(acme) == 1


def test_an_error_that_nobody_expected_leaves_nothing_behind(acme):
    with pytest.raises(RuntimeError):
        ask(acme, fail(RuntimeError("unexpected")))

    assert tried(acme) == 0 and not connection.in_atomic_block


def test_a_database_that_is_away_is_503_with_a_time_to_wait(acme):
    answer = ask(acme, fail(OperationalError("server closed the connection unexpectedly")))

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert b'"unavailable"' in answer.content and tried(acme) == 0


def test_a_commit_that_fails_is_no_promise(acme, monkeypatch):
    monkeypatch.setattr(connection, "commit", fail(OperationalError("gone")))
    answer = ask(acme, lambda: None)
    monkeypatch.undo()

    assert answer.status_code == 503
    connection.close()
    assert tried(acme) == 0
