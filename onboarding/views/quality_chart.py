"""Quality over time as steps between three levels: numbers in, shapes and labels out. A table says the same."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import gettext as _

from config.dates import short
from providers.words import Quality

WIDTH, HEIGHT = 360, 140
LEFT, RIGHT, TOP, BOTTOM = 58, 8, 14, 26
LEVELS = {Quality.GREEN: 0, Quality.YELLOW: 1, Quality.RED: 2}
DAYS = 90


@dataclass
class QualityChart:
    """What the template draws; ``rows`` is the same as a table: (from, label)."""

    rows: list
    levels: list = field(default_factory=list)
    path: str = ""
    dots: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    label_x: int = LEFT - 8
    days_y: int = HEIGHT - 4

    @property
    def is_empty(self):
        return not self.path


def label(word):
    """A quality in one word."""
    return {Quality.GREEN: _("High"), Quality.YELLOW: _("Medium"), Quality.RED: _("Low")}.get(
        Quality(word or "unknown"), _("Not rated")
    )


def draw(points, at):
    """A chart of ``[(from, word)]``, oldest first, up to ``at``."""
    start = at - timedelta(days=DAYS)
    chart = QualityChart(rows=[(moment, label(word)) for moment, word in reversed(points)])
    inner = HEIGHT - TOP - BOTTOM

    def x(moment):
        share = (max(moment, start) - start) / (at - start)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(level):
        return round(TOP + inner * level / 2, 1)

    chart.levels = [{"y": y(level), "text_y": y(level) + 4, "text": label(word)} for word, level in LEVELS.items()]
    for days in (90, 45, 0):
        moment = at - timedelta(days=days)
        anchor = "start" if days == 90 else "end" if days == 0 else "middle"
        chart.labels.append({"x": x(moment), "text": short(moment, "j M"), "anchor": anchor})
    pieces, level_before = [], None
    ends = [moment for moment, _word in points[1:]] + [at]
    for (moment, word), end in zip(points, ends, strict=True):
        level = LEVELS.get(Quality(word or "unknown"))
        if level is not None:
            pieces.append(f"{'L' if level_before is not None else 'M'}{x(moment)} {y(level)}H{x(end)}")
            chart.dots.append({"x": x(moment), "y": y(level)})
        level_before = level
    chart.path = "".join(pieces)
    return chart
