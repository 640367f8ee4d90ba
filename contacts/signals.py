"""News about people for the apps above."""

from django.dispatch import Signal

contacts_merging = Signal()
"""Two contacts turned out to be one: move what hangs on ``loser_id`` to ``survivor_id`` (also ``business_id``)."""

contacts_merged = Signal()
"""The same, after every app has moved its rows."""
