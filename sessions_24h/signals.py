"""News about customer service windows, told in sets: ``windows`` is a list of ``services.Change``."""

from django.dispatch import Signal

window_opened = Signal()
"""Windows opened that were closed or had never been: sent within the transaction that took the messages in."""

window_closed = Signal()
"""The clock passed the end of these windows: sent by the sweep, within the transaction that marks them announced."""
