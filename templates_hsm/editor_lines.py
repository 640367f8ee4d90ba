"""The small rules of typed text in the builder's form."""

LONGEST = 20_000


def clean(value):
    """Text that the database can hold, cut where no template could be longer."""
    return value.replace("\x00", "")[:LONGEST]


def text_of(value):
    """Line ends as the platform writes them; browsers send two characters."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


def line(value):
    """A text as a one-line field holds it: browsers drop line ends."""
    return value.replace("\r", "").replace("\n", "")
