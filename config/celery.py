"""The Celery application. It carries hints, never facts: a task says "look now", a sweep finds the rest."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("umbral")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
