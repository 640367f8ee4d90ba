"""The figures for people: a table on the terminal, and the same table drawn into ``docs/performance.svg``."""

from html import escape
from pathlib import Path

from tests.bench.measure import note

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "performance.svg"
ROW, TOP, WIDTH = 30, 84, 1080
COLUMNS = (("Figure", 24), ("Measured", 210), ("Floor", 490), ("Ratio", 590), ("Goal", 680), ("", 1020))


def words(line):
    """A figure as the cells of a table."""
    ratio = "" if line["ratio"] is None else f"{line['ratio']:.4g}"
    floor = "" if line["floor"] is None else _number(line["floor"])
    verdict = ("met" if line["met"] else "missed") + (" *" if line.get("disturbed") else "")
    return line["name"], f"{_number(line['value'])} {line['unit']}", floor, ratio, line["goal"], verdict


def _number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def table(lines):
    """Print the table to people."""
    rows = [("figure", "measured", "floor", "ratio", "goal", ""), *map(words, lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(6)]
    note("")
    for row in rows:
        note("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if any(line.get("disturbed") for line in lines):
        note("* other processes took more than 15 % of the machine during this figure")


def draw(lines, *, full):
    """Write the table as an SVG that reads in light and dark."""
    height = TOP + ROW * len(lines) + 40
    size = "full sizes (FULL=1)" if full else "reduced sizes"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-label="What make bench measured, as a table" font-family="system-ui, sans-serif" font-size="14">',
        "<style>"
        ".ground{fill:#fbfaf7}.line{stroke:#dcd8cf}.text{fill:#23211d}.soft{fill:#6a655b}"
        ".met{fill:#17694a}.missed{fill:#a3341f}"
        "@media (prefers-color-scheme:dark){.ground{fill:#171614}.line{stroke:#3a372f}.text{fill:#efece4}"
        ".soft{fill:#a59f92}.met{fill:#6fcf9f}.missed{fill:#f0917c}}"
        "</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="12"/>',
        f'<text class="text" x="24" y="36" font-size="18" font-weight="600">Measured by make bench, {size}</text>',
    ]
    parts += [f'<text class="soft" x="{x}" y="66" font-size="13">{name}</text>' for name, x in COLUMNS if name]
    for place, line in enumerate(lines):
        y = TOP + ROW * place
        parts.append(f'<line class="line" x1="24" x2="{WIDTH - 24}" y1="{y - 8}" y2="{y - 8}"/>')
        cells = words(line)
        for (_name, x), cell in zip(COLUMNS[:5], cells[:5], strict=True):
            weight = ' font-weight="600"' if x == 24 else ""
            parts.append(f'<text class="text" x="{x}" y="{y + 12}"{weight}>{escape(cell)}</text>')
        kind = "met" if line["met"] else "missed"
        parts.append(f'<text class="{kind}" x="1020" y="{y + 12}" text-anchor="middle">{escape(cells[5])}</text>')
    parts.append(
        f'<text class="soft" x="24" y="{height - 16}" font-size="12">Ratios to a floor in the same run, medians of '
        "alternating rounds. docs/performance.md explains each line.</text></svg>"
    )
    PICTURE.write_text("\n".join(parts) + "\n")
    note(f"Drawn into {PICTURE.name}")
