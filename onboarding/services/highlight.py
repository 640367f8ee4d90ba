"""Finding the words that a rule stumbled over in the text as it was typed."""

import re
import unicodedata


def fold(text):
    """The text without accents and in lower case, one character for each of the original."""
    return "".join(_fold_one(sign) for sign in text)


def _fold_one(sign):
    base = unicodedata.normalize("NFD", sign)[0].lower()
    return base if len(base) == 1 else sign


def marked(text, words):
    """Cut ``text`` into ``(part, is_hit)`` pairs; ``words`` are found regardless of accents, case and spacing."""
    folded = fold(text)
    hits = []
    for word in sorted({word for word in words if word and word.strip()}, key=len, reverse=True):
        pattern = r"\W+".join(re.escape(part) for part in fold(word).split())
        hits += [match.span() for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", folded)]
    parts, at = [], 0
    for start, end in sorted(hits):
        if start < at:
            continue
        if start > at:
            parts.append((text[at:start], False))
        parts.append((text[start:end], True))
        at = end
    if at < len(text):
        parts.append((text[at:], False))
    return parts
