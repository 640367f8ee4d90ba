"""WhatsApp's formatting signs, parsed into blocks and spans that a page can escape and style.

``*bold*``, ``_italic_``, ``~struck~``, ``` ```monospaced``` ```, `` `code` ``, ``- `` and ``1. `` lists, ``> `` quotes
(Meta, About formatting your messages; client behaviour). Signs that do not pair up stay as typed.
"""

import re
from dataclasses import dataclass, replace

# Around the text of a variable while it passes through the parser; private-use characters nobody types.
OPEN, CLOSE = "\ue000", "\ue001"

_BULLET = re.compile(r"[-*] +(?=\S)")
_NUMBERED = re.compile(r"(\d{1,3})\. +(?=\S)")
_QUOTE = re.compile(r"> ?(?=\S)")
_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_STYLES = {"*": "bold", "_": "italic", "~": "struck"}
_MAX_DEPTH = 4
MAX_LENGTH = 8000


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; ``variable`` names the variable it stands for."""

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    mono: bool = False
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """``kind``: paragraph, bullets, numbers, quote or code; ``lines``: lines or items; ``start``: the first number."""

    kind: str
    lines: tuple[tuple[Span, ...], ...]
    start: int = 1


def parse(text: str, variables: tuple[str, ...] = (), *, inline: bool = True) -> tuple[Block, ...]:
    """Blocks of ``text``; ``variables`` names the runs between sentinels in reading order.

    With ``inline=False`` (headers) the signs mean nothing and the text is one paragraph.
    """
    names = iter(variables)
    text = text[:MAX_LENGTH].replace("\r\n", "\n").replace("\r", "\n")
    if not inline:
        line = _with_variables(text.replace("\n", " "), names, Span(""))
        return (Block("paragraph", (line,)),) if line else ()
    blocks: list[Block] = []
    last = 0
    for fence in _FENCE.finditer(text):
        _lines(text[last : fence.start()], names, blocks)
        inside = fence[1].strip("\n")
        if "\n" in inside or _alone(text, fence):
            lines = tuple(_with_variables(line, names, Span("", mono=True)) for line in inside.split("\n"))
            blocks.append(Block("code", lines))
        else:
            _join(blocks, _with_variables(inside, names, Span("", mono=True)), text, fence.start())
        last = fence.end()
        if last < len(text) and not _alone(text, fence) and "\n" not in inside:
            end = text.find("\n", last)
            end = len(text) if end < 0 else end
            if "```" not in text[last:end]:
                _join(blocks, _spans(text[last:end], names, Span(""), 0), text, last)
                last = end
    _lines(text[last:], names, blocks)
    return tuple(blocks)


def plain_text(blocks: tuple[Block, ...]) -> str:
    """The words of ``blocks`` without formatting, list marks kept."""
    parts = []
    for block in blocks:
        lines = ["".join(span.text for span in line) for line in block.lines]
        if block.kind == "bullets":
            lines = [f"• {line}" for line in lines]
        elif block.kind == "numbers":
            lines = [f"{number}. {line}" for number, line in enumerate(lines, block.start)]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def _alone(text: str, fence: re.Match) -> bool:
    before = text[: fence.start()].rpartition("\n")[2].strip()
    after = text[fence.end() :].partition("\n")[0].strip()
    return not before and not after


def _join(blocks: list[Block], line: tuple[Span, ...], text: str, at: int) -> None:
    """Continue the last line when the text before ``at`` is on the same line, else begin a paragraph."""
    same_line = bool(text[:at].rpartition("\n")[2].strip())
    if blocks and same_line and blocks[-1].kind != "code":
        last = blocks[-1]
        blocks[-1] = replace(last, lines=(*last.lines[:-1], last.lines[-1] + line))
    elif line:
        blocks.append(Block("paragraph", (line,)))


def _lines(text: str, names, blocks: list[Block]) -> None:
    if not text:
        return
    fresh = True
    for raw in text.split("\n"):
        if not raw.strip():
            fresh = True
            continue
        kind, start, rest = _kind_of(raw)
        line = _spans(rest, names, Span(""), 0)
        last = blocks[-1] if blocks else None
        if last is not None and not fresh and last.kind == kind:
            blocks[-1] = replace(last, lines=(*last.lines, line))
        else:
            blocks.append(Block(kind, (line,), start))
        fresh = False


def _kind_of(line: str) -> tuple[str, int, str]:
    stripped = line.lstrip()
    found = _BULLET.match(stripped)
    if found:
        return "bullets", 1, stripped[found.end() :]
    found = _NUMBERED.match(stripped)
    if found:
        return "numbers", int(found[1]), stripped[found.end() :]
    found = _QUOTE.match(stripped)
    if found:
        return "quote", 1, stripped[found.end() :]
    return "paragraph", 1, line


def _spans(text: str, names, style: Span, depth: int) -> tuple[Span, ...]:
    """Inline spans of one line. Markers count only at word edges and never within a variable's name."""
    spans: list[Span] = []
    place = begun = 0
    inside = False
    while place < len(text):
        char = text[place]
        if char == OPEN:
            inside = True
        elif char == CLOSE:
            inside = False
        end = -1
        if not inside and depth < _MAX_DEPTH and (char in _STYLES or char == "`") and _opens(text, place):
            end = _closing(text, place, char)
        if end < 0:
            place += 1
            continue
        spans.extend(_with_variables(text[begun:place], names, style))
        content = text[place + 1 : end]
        if char == "`":
            spans.extend(_with_variables(content, names, replace(style, mono=True)))
        else:
            spans.extend(_spans(content, names, replace(style, **{_STYLES[char]: True}), depth + 1))
        place = begun = end + 1
    spans.extend(_with_variables(text[begun:], names, style))
    return tuple(spans)


def _opens(text: str, place: int) -> bool:
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    return not before.isalnum() and not after.isspace() and after != text[place]


def _closing(text: str, place: int, char: str) -> int:
    depth = 0
    for end in range(place + 1, len(text)):
        if text[end] == OPEN:
            depth += 1
        elif text[end] == CLOSE:
            depth -= 1
        elif text[end] == char and not depth and end > place + 1:
            after = text[end + 1] if end + 1 < len(text) else " "
            if not text[end - 1].isspace() and not after.isalnum():
                return end
    return -1


def _with_variables(text: str, names, style: Span) -> tuple[Span, ...]:
    spans = []
    for position, piece in enumerate(text.split(OPEN)):
        if position:
            value, _, piece = piece.partition(CLOSE)
            spans.append(replace(style, text=value, variable=next(names, "")))
        if piece:
            spans.append(replace(style, text=piece))
    return tuple(spans)
