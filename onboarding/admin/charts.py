"""Small charts as numbers for an SVG template: bars that stack, and lines. Every chart has its table beside it."""

from dataclasses import dataclass, field
from math import ceil

WIDTH, HEIGHT = 640, 180
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 10, 24


@dataclass
class Chart:
    """What ``_chart.html`` draws. ``rows`` is the same as a table: a heading and its values."""

    title: str
    summary: str
    head: list
    rows: list
    legend: list = field(default_factory=list)
    bars: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    dots: list = field(default_factory=list)
    grid: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    goal: dict | None = None
    width: int = WIDTH
    height: int = HEIGHT


def nice_top(value):
    """A round number that is not below ``value``, for the top of an axis."""
    for top in (2, 4, 6, 8, 10):
        if value <= top:
            return top
    size = 10 ** (len(str(int(value))) - 1)
    return ceil(value / size) * size


def _scale(top):
    inner = HEIGHT - TOP - BOTTOM

    def y(value):
        return round(TOP + inner * (1 - value / top), 1)

    return y


def _frame(chart, top, names, every):
    y = _scale(top)
    for share in (0, 0.5, 1):
        value = top * share
        chart.grid.append({"y": y(value), "text": f"{value:g}", "text_y": y(value) + 4})
    step = (WIDTH - LEFT - RIGHT) / max(len(names), 1)
    for index, name in enumerate(names):
        if index % every == 0:
            chart.labels.append({"x": round(LEFT + step * (index + 0.5), 1), "text": name})
    return y, step


def stacked(title, summary, names, series, *, heading, every=1):
    """Bars, one for each of ``names``; ``series`` holds ``(label, values)`` from the bottom up."""
    totals = [sum(values[index] for _label, values in series) for index in range(len(names))]
    chart = Chart(
        title,
        summary,
        [heading, *(label for label, _values in series)],
        [[name, *(values[index] for _label, values in series)] for index, name in enumerate(names)],
        legend=[{"css": f"c{place}", "text": label} for place, (label, _values) in enumerate(series, 1)],
    )
    if len(series) == 1:
        chart.legend = []
    y, step = _frame(chart, nice_top(max(totals, default=0)), names, every)
    for index in range(len(names)):
        below = 0
        for place, (_label, values) in enumerate(series, 1):
            if values[index]:
                upper, lower = y(below + values[index]), y(below)
                chart.bars.append(
                    {
                        "x": round(LEFT + step * (index + 0.15), 1),
                        "y": upper,
                        "width": round(step * 0.7, 1),
                        "height": round(lower - upper, 1),
                        "css": f"c{place}",
                    }
                )
                below += values[index]
    return chart


def line(title, summary, names, values, *, heading, label, goal=None, goal_text="", every=1):
    """One line over ``names``; a missing value (None) breaks it. ``goal`` is drawn across."""
    known = [value for value in values if value is not None]
    chart = Chart(
        title,
        summary,
        [heading, label],
        [[name, "–" if value is None else round(value, 1)] for name, value in zip(names, values, strict=True)],
    )
    y, step = _frame(chart, nice_top(max([*known, goal or 0], default=0)), names, every)
    points = []
    for index, value in enumerate([*values, None]):
        if value is None:
            if len(points) > 1:
                chart.lines.append(" ".join(f"{x},{height}" for x, height in points))
            points = []
        else:
            points.append((round(LEFT + step * (index + 0.5), 1), y(value)))
            chart.dots.append({"x": points[-1][0], "y": points[-1][1]})
    if goal:
        chart.goal = {"y": y(goal), "text": goal_text, "text_y": y(goal) - 4}
    return chart
