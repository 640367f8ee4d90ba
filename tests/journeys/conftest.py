"""One running program, one browser and one business on its way, shared by all journeys of a run.

Everything here is scoped to this package: Playwright's loop must be gone before other tests use the ORM.
"""

import os
import re

import pytest

from tests.journeys import browser as browsers
from tests.journeys.stack import Stack
from tests.journeys.way import Way

_FIRST, _LAST = "test_whole_way.py", "test_badge.py"
_SIGNS = re.compile(r"\W+")


def pytest_collection_modifyitems(items):
    """The way comes first, so that the other journeys find a business that is live; where months pass comes last."""
    here = [item for item in items if item.path.parent.name == "journeys"]
    if here:
        ordered = iter(sorted(here, key=lambda item: (item.path.name == _LAST, item.path.name != _FIRST)))
        items[:] = [next(ordered) if item.path.parent.name == "journeys" else item for item in items]


@pytest.fixture(scope="package")
def stack():
    browsers.need_chromium()
    running = Stack().start()
    yield running
    code = running.stop(keep=bool(os.environ.get("JOURNEY_KEEP")))
    assert code == 0, f"The program ended with {code}."


@pytest.fixture(scope="package")
def browser(stack):
    with browsers.chromium() as running:
        yield running


@pytest.fixture(scope="package")
def shots(tmp_path_factory):
    """Where pictures go: ``JOURNEY_SHOTS``, else a folder of this run."""
    return browsers.Shots(os.environ.get("JOURNEY_SHOTS") or tmp_path_factory.mktemp("shots"))


@pytest.fixture(scope="package")
def way(stack, browser, shots):
    """A business on its way; ``way.reach(station)`` goes on from where the last test left it."""
    return Way(stack, browser, shots)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed journey shows where everybody was, and the last words of the program."""
    report = yield
    values = getattr(item, "funcargs", {})
    broke_earlier = "The way broke earlier" in str(call.excinfo.value if call.excinfo else "")
    if report.failed and "stack" in values and not broke_earlier:
        lines = []
        for number, context in enumerate(values["browser"].contexts if "browser" in values else ()):
            for page in context.pages:
                values_shots = values.get("shots")
                lines.append(f"browser {number} was at {page.url}: {page.title()}")
                if values_shots:
                    values_shots.take(page, f"failed-{_SIGNS.sub('-', item.name)}-{number}")
        if values.get("shots"):
            lines.append(f"pictures: {values['shots'].folder}")
        report.sections.append(("Where everybody was", "\n".join(lines)))
        report.sections.append(("Last words of the program", values["stack"].last_words()))
    return report
