"""The review desk: what staff see and decide, and who else gets in."""

import pytest
from django.urls import reverse

from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import TransitionNotAllowed
from onboarding.models import OnboardingApplication
from onboarding.services import applications
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders


@pytest.fixture
def submitted(acme, olga):
    return builders.application(
        acme, status=Status.SUBMITTED, brand="Acme", contact_email="olga@acme.example", address="Calle 1"
    )


def review(application, action="change"):
    return reverse(f"admin:onboarding_onboardingapplication_{action}", args=[application.pk])


def stored(application):
    with every_business():
        return OnboardingApplication.objects.get(pk=application.pk)


def test_the_queue_lists_what_waits(client, sam, submitted):
    client.force_login(sam)

    page = client.get(reverse("admin:onboarding_onboardingapplication_changelist")).content.decode()

    assert submitted.code in page


def test_the_review_page_has_the_facts(client, sam, submitted):
    client.force_login(sam)

    page = client.get(review(submitted)).content.decode()

    assert "Calle 1" in page
    assert "olga@acme.example" in page


def test_staff_approves(client, sam, submitted):
    client.force_login(sam)

    client.post(review(submitted, "decide"), {"decision": "approve"})

    assert stored(submitted).status == Status.APPROVED
    assert Mail.objects.filter(to="olga@acme.example").exists()


def test_staff_asks_for_a_change_of_one_answer(client, sam, submitted):
    client.force_login(sam)

    client.post(review(submitted, "decide"), {"decision": "changes", "note_address": "Write it as in the certificate."})

    assert stored(submitted).status == Status.CHANGES_REQUESTED
    with every_business():
        [request] = stored(submitted).change_requests.all()
        assert (request.field, request.old_value, request.requested_by) == ("address", "Calle 1", sam)


def test_asking_for_changes_without_naming_one_is_said_and_nothing_happens(client, sam, submitted):
    client.force_login(sam)

    response = client.post(review(submitted, "decide"), {"decision": "changes"})

    assert response.status_code == 422
    assert stored(submitted).status == Status.SUBMITTED


def test_a_rejection_needs_a_reason_and_keeps_what_was_typed(client, sam, submitted):
    client.force_login(sam)

    response = client.post(
        review(submitted, "decide"), {"decision": "reject", "reason": " ", "note_brand": "Half a thought"}
    )

    assert response.status_code == 422
    assert "Half a thought" in response.content.decode()


def test_of_two_reviewers_only_the_first_decides(client, sam, submitted):
    client.force_login(sam)
    client.post(review(submitted, "decide"), {"decision": "reject", "reason": "No website"})

    response = client.post(review(submitted, "decide"), {"decision": "approve"})

    assert response.status_code == 422
    assert stored(submitted).status == Status.REJECTED


def test_of_two_tabs_the_second_is_told(submitted, sam):
    with business_scope(submitted.business):
        second_tab = OnboardingApplication.objects.get(pk=submitted.pk)
        applications.reject(submitted, "No website", actor=sam)

        with pytest.raises(TransitionNotAllowed, match="Somebody else"):
            applications.approve(second_tab, actor=sam)


def test_a_claimed_application_is_not_taken_twice(submitted, sam):
    other = builders.staff("sara")
    with business_scope(submitted.business):
        assert applications.claim(submitted, actor=sam)
        assert not applications.claim(submitted, actor=other)


def test_the_same_number_elsewhere_is_shown_to_staff(client, sam, submitted, globex):
    with every_business():
        OnboardingApplication.objects.update(phone="+573155550142")
    builders.application(globex, brand="Globex twin", phone="+573155550142")
    client.force_login(sam)

    assert "Globex twin" in client.get(review(submitted)).content.decode()


@pytest.mark.parametrize("action", ["change", "decide"])
def test_members_of_a_business_do_not_get_in(client, olga, submitted, action):
    client.force_login(olga)

    assert client.get(review(submitted, action)).status_code == 302
    client.post(review(submitted, "decide"), {"decision": "approve"})
    assert stored(submitted).status == Status.SUBMITTED
