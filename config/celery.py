"""The Celery application. It carries hints, never facts: a task says "look now", a sweep finds the rest."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A rehearsal may run as root; tasks are JSON, so Celery's warning about pickled tasks says nothing here.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("umbral")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
