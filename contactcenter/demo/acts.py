"""The words in which conversations are told. ``ago`` is how long before now something happens ("3d", "26h", "1h40m").

``key`` names an act, so that a later one can quote it, react to it or press its buttons.
"""

from dataclasses import dataclass, field

FROM_CUSTOMER, FROM_US = "customer", "us"


@dataclass(frozen=True, slots=True)
class Act:
    ago: str
    key: str = field(default="", kw_only=True)
    side = FROM_US


@dataclass(frozen=True, slots=True)
class Writes(Act):
    """The customer writes."""

    text: str
    reply_to: str = ""
    side = FROM_CUSTOMER


@dataclass(frozen=True, slots=True)
class Hands(Act):
    """The customer sends a file of ``pictures``."""

    file: str
    caption: str = ""
    side = FROM_CUSTOMER


@dataclass(frozen=True, slots=True)
class Sends(Act):
    """The customer sends something with a structure: a location, a contact card, a reaction (``to`` an act)."""

    kind: str
    body: dict
    to: str = ""
    side = FROM_CUSTOMER


@dataclass(frozen=True, slots=True)
class Presses(Act):
    """The customer presses an answer button of one of our messages."""

    message: str
    position: int = 0
    side = FROM_CUSTOMER


@dataclass(frozen=True, slots=True)
class Answers(Act):
    """Somebody of the business answers with text, or with a file of ``pictures`` and the text as its caption."""

    by: str
    text: str
    reply_to: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Thumbs(Act):
    """Somebody of the business reacts with an emoji."""

    by: str
    to: str
    emoji: str


@dataclass(frozen=True, slots=True)
class Template(Act):
    """An approved template leaves; ``by`` is empty when a program sent it."""

    name: str
    body: tuple
    by: str = ""
    buttons: tuple = ()
    language: str = "es"


@dataclass(frozen=True, slots=True)
class Noted(Act):
    """An internal note."""

    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Given(Act):
    """The conversation is given to a colleague."""

    to: str
    by: str


@dataclass(frozen=True, slots=True)
class Resolved(Act):
    """Somebody says that it is done."""

    by: str


@dataclass(frozen=True, slots=True)
class Seen(Act):
    """Somebody has read the thread, so the customer's ticks turn blue."""

    by: str


@dataclass(frozen=True, slots=True)
class Talk:
    """One person's conversation with a number. ``reads`` says whether they look at what they get.

    ``opt_in`` (ago, source, wording) is for those to whom the business writes first.
    """

    phone: str
    name: str
    acts: tuple
    reads: bool = True
    opt_in: tuple = ()
    username: str = ""
    on_whatsapp: bool = True
