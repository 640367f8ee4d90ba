class NotPossible(Exception):
    """What was asked can't be done; the message says why and what to do, ready for a person."""
