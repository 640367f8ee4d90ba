"""A template definition (the body of a create call) read, written, filled and sent. Pure: no database, no network."""

from .reading import (
    Body,
    Button,
    Card,
    Definition,
    Footer,
    Header,
    LimitedTimeOffer,
    read,
    to_api,
)
from .sending import SendProblem, SendValueError, check_send_values, send_components
from .variables import Placeholder, Scan, examples_of, fill, scan, variables_of

__all__ = [
    "Body",
    "Button",
    "Card",
    "Definition",
    "Footer",
    "Header",
    "LimitedTimeOffer",
    "Placeholder",
    "Scan",
    "SendProblem",
    "SendValueError",
    "check_send_values",
    "examples_of",
    "fill",
    "read",
    "scan",
    "send_components",
    "to_api",
    "variables_of",
]
