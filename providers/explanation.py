"""What an error means for a person: a title and a next step."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Explanation:
    """A title for the place where it happened, and the next step; both lazily translated."""

    title: Any
    what_to_do: Any
    is_known: bool = True
