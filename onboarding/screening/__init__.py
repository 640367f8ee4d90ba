"""Policy screening: may this business use the platform at all?

``screen`` reads the activity, the brand and the website like a careful reviewer and answers allowed, needs_review or
prohibited, with the rule, the words that led there and the evidence to ask for.
"""

from .verdict import Reason, ScreeningVerdict, Words, preflight, screen

__all__ = ["Reason", "ScreeningVerdict", "Words", "preflight", "screen"]
