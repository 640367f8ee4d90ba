"""Messages that wait for the same file: one upload, whose outcome is everybody's, and nobody else waits for it."""

import asyncio
from types import SimpleNamespace

import pytest

from contactcenter.sender import leaving, outcomes
from contactcenter.sender.board import Board, Number
from contactcenter.sender.lanes import Item
from contactcenter.sender.limits import NumberRate
from contactcenter.sender.options import Options
from contactcenter.sender.store import NO_FILE, Facts
from contactcenter.sender.wire import judge_upload
from providers.base import ProviderError

DIGEST = "ab"


def item(pk, attempts=0):
    own = {DIGEST: NO_FILE}
    return Item(pk, 1, 1, 0, attempts, pk, pk, pk, kind="template", own_files=own)


class Scene:
    """A departure whose wire and database are told how to behave: ``answers`` of uploads, one after the other."""

    def __init__(self, *answers):
        self.answers, self.uploads, self.reported, self.most_flying = list(answers), 0, [], 0
        self.known = ""
        self.go_on = asyncio.Event()
        self.board = Board(Options())
        number = Number(1, Facts(1, "7", 80, "t"), NumberRate(80, 0.0))
        self.board.numbers[1] = self.number = number
        results = SimpleNamespace(
            do=self._do, store=SimpleNamespace(extend="extend", own_file="own_file", own_uploaded="own_uploaded"),
            report=lambda one, outcome: self.reported.append((one, outcome)),
            release=lambda items, after=0.0, why="": self.reported.extend((one, None) for one in items),
            count=lambda outcome: None, later=lambda *args: None,
        )  # fmt: skip
        self.departure = leaving.Departure("test", Options(), {}, self.board, results)
        self.departure.wire = SimpleNamespace(upload=self._upload)

    async def _do(self, function, *args):
        await asyncio.sleep(0)
        if function == "own_file":
            return NO_FILE | {"media_id": self.known}
        if function == "own_uploaded":
            self.known = args[-1]
        return None

    async def _upload(self, details, number_id, credentials):
        self.uploads += 1
        await self.go_on.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            return "", lambda attempts: judge_upload(answer, attempts)
        return answer, None

    def begin(self, items):
        """These want to leave; their tasks."""
        tasks = []
        for one in items:
            self.board.count(self.number, one, 1)
            tasks.append(asyncio.create_task(self.departure._upload(self.number, one)))
        return tasks

    def outcome_of(self, one):
        return next(outcome for other, outcome in self.reported if other is one)


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def run():
    def call(coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, 20))

    return call


def test_a_failed_upload_fails_for_all_who_waited_each_by_its_own_attempts(run):
    async def scenario():
        scene = Scene(ProviderError("away", http_status=503), ProviderError("away", http_status=503))
        items = [item(pk, attempts=pk % 3) for pk in range(1, 101)]
        tasks = scene.begin(items)
        await settle()
        scene.go_on.set()
        await asyncio.gather(*tasks)

        assert scene.uploads == 1
        assert {scene.outcome_of(one).kind for one in items} == {"again"}
        assert [scene.outcome_of(one).after for one in items[:3]] == [outcomes.backoff(n) for n in (2, 3, 1)]
        assert scene.board.flying == scene.number.in_flight == 0

        # The next try is an upload of its own.
        await asyncio.gather(*scene.begin([item(500)]))
        assert scene.uploads == 2

    run(scenario())


def test_whoever_waits_for_another_one_s_upload_is_not_on_its_way(run):
    async def scenario():
        scene = Scene("m1")
        items = [item(pk) for pk in range(1, 101)]
        tasks = scene.begin(items)
        await settle()
        assert scene.board.flying == scene.board.flying_of[1] == 1

        scene.go_on.set()
        await asyncio.gather(*tasks)
        assert scene.uploads == 1 and scene.board.flying == 0
        assert {one.own_files[DIGEST]["media_id"] for one in items} == {"m1"} and len(scene.number.lanes) == 100

    run(scenario())


def test_beyond_some_the_rest_waits_in_the_outbox_without_an_attempt(run, monkeypatch):
    monkeypatch.setattr(leaving, "MOST_WAITING", 3)

    async def scenario():
        scene = Scene("m1")
        items = [item(pk) for pk in range(1, 9)]
        tasks = scene.begin(items)
        await settle()
        back = [(one.id, outcome) for one, outcome in scene.reported]
        assert [pk for pk, _outcome in back] == [5, 6, 7, 8]
        assert {(outcome.kind, outcome.after) for _pk, outcome in back} == {("back", leaving.WAITING_PAUSE)}
        scene.go_on.set()
        await asyncio.gather(*tasks)
        assert len(scene.number.lanes) == 4 and scene.board.flying == 0

    run(scenario())


def test_the_end_of_the_process_puts_everybody_back(run):
    async def scenario():
        scene = Scene("m1")
        items = [item(pk) for pk in range(1, 6)]
        tasks = scene.begin(items)
        await settle()
        for task in [*tasks, *scene.departure._uploads]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert {scene.outcome_of(one).kind for one in items} == {"back"} and scene.board.flying == 0

    run(scenario())
