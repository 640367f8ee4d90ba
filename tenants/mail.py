"""Mail: a row first, sent by a worker, so a dead mail server loses nothing and nothing is sent twice."""

from django.template.loader import render_to_string
from django.utils import translation

from config import hints
from config.clock import now
from tenants.models import Mail


def queue(template, to, *, language, key=None, not_before=None, headers=None, **context):
    """Write a mail from ``<template>.subject.txt`` and ``<template>.txt`` in ``language``; ``key`` makes it unique.

    ``headers`` are header lines of its own, such as ``List-Unsubscribe``.
    """
    with translation.override(language or None):
        subject = " ".join(render_to_string(f"{template}.subject.txt", context).split())
        text = render_to_string(f"{template}.txt", context).strip() + "\n"
    return queue_text(to, subject, text, key=key, not_before=not_before, headers=headers)


def queue_text(to, subject, text, *, key=None, not_before=None, headers=None):
    """Write a mail whose words are ready; with a ``key`` that was used before it is not written again."""
    fields = {"to": to, "subject": subject[:200], "text": text, "not_before": not_before or now()}
    fields["headers"] = headers or {}
    if key is None:
        mail = Mail.objects.create(**fields)
    else:
        mail, _created = Mail.objects.get_or_create(key=key, defaults=fields)
    hints.after_commit("tenants.tasks.send_due_mail")
    return mail
