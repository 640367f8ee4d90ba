"""Names without accents, capitals and punctuation, for sorting and searching."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def fold(text):
    """The words of ``text`` in small letters without accents, parted by single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(plain))
