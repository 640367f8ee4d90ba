"""Columns over the days of a month as SVG without script or style attribute. Pure: amounts in, shapes out."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

WIDTH, HEIGHT = 620, 160
GAP = 4


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a column."""

    x: float
    y: float
    width: float
    height: float
    look: int


@dataclass(frozen=True, slots=True)
class Columns:
    """What the template needs: blocks, the scale, and the rows of the table."""

    blocks: list[Block]
    marks: list[tuple[float, Decimal]]
    """(place, amount) of the lines across, from top to bottom."""
    labels: list[Any]
    rows: list[tuple[date, list[Decimal], Decimal]]
    """(day, amounts, together) of days with any."""
    dearest: tuple[date, Decimal] | None

    @property
    def is_empty(self):
        return self.dearest is None


def draw(days, labels):
    """A chart of ``[(day, [amount of each part])]``; ``labels`` name the parts from the ground up."""
    sums = [sum(amounts, Decimal(0)) for _day, amounts in days]
    most = max(sums, default=Decimal(0))
    top = nice(most)
    step = WIDTH / max(1, len(days))
    blocks = []
    for place, (_day, amounts) in enumerate(days):
        ground = float(HEIGHT)
        for look, amount in enumerate(amounts, 1):
            height = float(amount / top) * HEIGHT
            if height <= 0:
                continue
            ground -= height
            blocks.append(
                Block(round(place * step + GAP / 2, 2), round(ground, 2), round(step - GAP, 2), round(height, 2), look)
            )
    rows = [
        (day, amounts, together)
        for (day, amounts), together in zip(days, sums, strict=True)
        if together or any(amounts)
    ]
    dearest = max(((together, day) for day, _amounts, together in rows), default=None)
    marks = [(0.0, top), (HEIGHT / 2, top / 2), (float(HEIGHT), Decimal(0))]
    return Columns(blocks, marks, list(labels), rows, (dearest[1], dearest[0]) if dearest else None)


def nice(value):
    """The least of 1, 2, 5 times a power of ten that isn't below ``value``; a cent for nothing at all."""
    if value <= 0:
        return Decimal("0.01")
    power = Decimal(10) ** value.adjusted()
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)
