"""Dated rules of the platform and of the house, with the words they match.

A rule has a stable id, a sentence in three languages, a source, a severity, an owner and the dates between which it
holds. Verdicts carry rule ids and the version of the rulebook, so that they can be reproduced as of their day.
"""

from . import book
from .book import Rule, Rulebook, Version, Vertical, language, load, localized

__all__ = ["Rule", "Rulebook", "Version", "Vertical", "book", "language", "load", "localized"]
