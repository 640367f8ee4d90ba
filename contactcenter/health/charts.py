"""Lines over time as SVG that needs neither a script nor a style attribute. Pure: numbers in, shapes and labels out.

The picture is stretched to its place; labels are text beside it, so they stay readable on a phone. Each chart has the
same numbers as a table.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

WIDTH, HEIGHT = 600, 140


@dataclass(slots=True)
class Line:
    """One thing over time. ``values`` are numbers, ``None`` where nothing is known."""

    label: Any
    values: list
    look: int = 1
    path: str = ""

    @property
    def latest(self):
        return next((value for value in reversed(self.values) if value is not None), None)

    @property
    def most(self):
        return max((value for value in self.values if value is not None), default=None)


@dataclass(slots=True)
class Chart:
    """What the template needs: paths, the scale's labels, and the rows of the table."""

    title: Any
    unit: Any
    moments: list[datetime]
    lines: list[Line]
    top: float = 1.0
    marks: list[tuple[float, float]] = field(default_factory=list)
    """(place, value) of the lines across, from top to bottom."""

    @property
    def is_empty(self):
        return all(line.latest is None for line in self.lines)

    @property
    def rows(self):
        """(moment, value of each line), newest first; moments of which nothing is known are left out."""
        rows = [
            (at, [line.values[place] for line in self.lines])
            for place, at in enumerate(self.moments)
            if any(line.values[place] is not None for line in self.lines)
        ]
        return rows[::-1]


def draw(title, unit, moments, lines):
    """A chart of ``[(label, values)]`` at ``moments``."""
    drawn = [Line(label, values, look) for look, (label, values) in enumerate(lines, 1)]
    top = nice(max((line.most or 0 for line in drawn), default=0))
    for line in drawn:
        line.path = path(line.values, top)
    marks = [(_y(value, top), value) for value in (top, top / 2, 0)]
    return Chart(title, unit, moments, drawn, top, marks)


def sparkline(values, width=120, height=24):
    """A small line without a scale."""
    top = max((value for value in values if value is not None), default=0) or 1
    return path(values, top, width, height)


def nice(value):
    """The least of 1, 2, 5, 10, 20, 50 … that isn't below ``value``; 1 for nothing at all."""
    if value <= 1:
        return 1.0
    power = 10 ** math.floor(math.log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9)))


def path(values, top, width=WIDTH, height=HEIGHT):
    """The ``d`` of a path; it is broken where nothing is known, and a lonely value is a dot."""
    pieces, pen_is_down = [], False
    across = width / max(1, len(values) - 1)
    for place, value in enumerate(values):
        if value is None:
            pen_is_down = False
            continue
        alone = not pen_is_down and (place + 1 == len(values) or values[place + 1] is None)
        command = "L" if pen_is_down else "M"
        pieces.append(f"{command}{place * across:.1f} {_y(value, top, height):.1f}" + ("h0.1" if alone else ""))
        pen_is_down = True
    return "".join(pieces)


def _y(value, top, height=HEIGHT):
    return height - 2 - (height - 4) * min(value, top) / top
