"""Right and wrong per verdict for labelled cases, as ``manage.py preflight KIND --score`` prints them."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

Judged = dict[str, Any]


@dataclass
class Score:
    """What came out for cases with a label: counts per expected verdict, and the ids of the misses."""

    total: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    missed: list[str] = field(default_factory=list)
    let_through: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, case: dict[str, Any], got: Judged) -> None:
        expected = case["expected"]
        wanted, verdict = expected["verdict"], got.get("verdict", "error")
        self.total[wanted] += 1
        self.right[wanted] += verdict == wanted
        if verdict == wanted and detail(got, expected) == wished(expected):
            self.whole += 1
        else:
            self.missed.append(f"{case.get('id')}: wanted {shown(expected)}, got {shown(got)}")
        if wanted == "prohibited" and verdict == "allowed":
            self.let_through.append(str(case.get("id")))

    def lines(self) -> Iterator[str]:
        """The report."""
        cases = sum(self.total.values())
        right = sum(self.right.values())
        share = right / cases if cases else 0.0
        pace = cases / self.seconds if self.seconds else 0.0
        yield f"{right} of {cases} verdicts right ({share:.3f}), {self.whole} with category or reasons"
        for verdict, total in sorted(self.total.items()):
            yield f"  {verdict:<13} {self.right[verdict]:>4} right {total - self.right[verdict]:>4} wrong"
        if "prohibited" in self.total:
            yield f"  prohibited let through as allowed: {len(self.let_through)} {' '.join(self.let_through)}".rstrip()
        yield f"  {pace:.0f} cases a second"
        for miss in self.missed:
            yield f"  - {miss}"


def score(lines: Iterable[str], judge: Any) -> Score:
    """Judge labelled lines; ``judge`` takes one line and returns its prediction. Lines without a label are left out.

    The first case is judged once before the clock starts: reading the rulebook is not part of the pace.
    """
    cases = [(line, orjson.loads(line)) for line in lines if line.strip()]
    labelled = [(line, case) for line, case in cases if isinstance(case, dict) and "expected" in case]
    result = Score()
    for line, _ in labelled[:1]:
        judge(line)
    started = time.monotonic()
    answers = [judge(line) for line, _ in labelled]
    result.seconds = time.monotonic() - started
    for (_, case), got in zip(labelled, answers, strict=True):
        result.add(case, got)
    return result


def wished(expected: dict[str, Any]) -> Any:
    return expected["category"] if "category" in expected else sorted(expected.get("reasons", ()))


def detail(got: Judged, expected: dict[str, Any]) -> Any:
    """What is compared beside the verdict: the category of a policy verdict, the codes of other reasons."""
    if "category" in expected:
        return got.get("category")
    return sorted({reason["code"] for reason in got.get("reasons", ())})


def shown(judged: dict[str, Any]) -> str:
    reasons = judged.get("reasons", ())
    codes = sorted({r["code"] if isinstance(r, dict) else r for r in reasons})
    beside = judged.get("category") or " ".join(codes)
    return f"{judged.get('verdict', judged.get('error'))} {beside}".strip()
