"""News about templates for the apps above."""

from django.dispatch import Signal

template_changed = Signal()
"""Sent inside the transaction with ``template``, ``old`` and ``new`` status."""

category_moved = Signal()
"""Meta moved a template: sent inside the transaction with ``template``, ``old`` and ``new`` category."""
