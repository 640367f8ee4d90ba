"""The advisor: which of the three, and the figures that decided."""

import pytest

from onboarding.advisor import AdvisorAnswers, advise


def advice(conversations=5, agents=1, **more):
    return advise(AdvisorAnswers(conversations, agents, **more))


@pytest.mark.parametrize(
    ("answers", "recommendation", "decided"),
    [
        ({"conversations": 3, "agents": 1}, "whatsapp", ["agents", "volume"]),
        ({"conversations": 20, "agents": 3}, "business_app", ["agents", "volume"]),
        ({"conversations": 50, "agents": 5}, "business_app", ["agents", "volume"]),
        ({"conversations": 51, "agents": 5}, "business_api", ["volume"]),
        ({"conversations": 50, "agents": 6}, "business_api", ["agents"]),
        ({"sends_notifications": True}, "business_api", ["outbound"]),
        ({"platform": "current"}, "business_api", ["platform"]),
        ({"integrates": True}, "business_api", ["integration"]),
        ({"conversations": -4, "agents": -1}, "whatsapp", ["agents", "volume"]),
    ],
)
def test_the_figures_decide(answers, recommendation, decided):
    found = advice(**answers)
    assert found.recommendation == recommendation
    assert [d.code for d in found.deciding] == decided


def test_reasons_name_the_figures():
    found = advice(conversations=140, agents=6)
    assert "6 people" in str(found.reasons[0])
    assert "140 conversations" in str(found.reasons[1])


@pytest.mark.parametrize(
    ("version", "warned"), [("7.1", True), ("7.2", False), ("v7.10.3", False), ("8", False), ("6", True)]
)
def test_an_old_contact_center_has_to_be_updated_first(version, warned):
    found = advice(platform="current", platform_version=version)
    assert any("7.2" in str(hint) for hint in found.hints) is warned


def test_small_companies_are_advised_and_never_blocked():
    found = advice(conversations=10, agents=2)
    assert any("nothing here blocks you" in str(hint) for hint in found.hints)


def test_the_comparison_has_every_row_for_all_three():
    rows = {row.code: row for row in advice().table}
    assert {"users", "volume", "agents", "integration", "history", "templates", "price"} <= rows.keys()
    assert all(str(cell) for row in rows.values() for cell in (row.whatsapp, row.business_app, row.business_api))
