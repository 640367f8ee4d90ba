"""What can be done with people: find out who is meant, merge, search, keep the opt-in ledger."""

from contacts.services.tokens import search

__all__ = ["search"]
