"""Names without accents, capitals and punctuation, for sorting and searching."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_LATIN_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")
"""All combining characters below U+0483."""


def fold(text):
    """The words of ``text`` in small letters without accents, parted by single spaces."""
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        if max(plain) < "\u0483":
            plain = _LATIN_MARKS.sub("", plain)
        else:
            plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(plain))
