"""The Celery application of beat alone: it reads the schedule and rings; neither Django nor the tasks are loaded."""

from logging.config import dictConfig

from celery import Celery

from config import settings

dictConfig(settings.LOGGING)

# Without the fixup for Django, which would set up the whole program for a process that only sends names.
app = Celery("umbral", fixups=())
app.config_from_object(settings, namespace="CELERY")
