"""The Celery application. It carries hints, never facts: a task says "look now", a sweep finds the rest."""

import gc
import os
import warnings
from importlib import import_module

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import task_postrun, task_prerun, worker_before_create_process, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# `manage.py check` looks at the whole before a start; each worker needn't do it again.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

# A rehearsal may run as root; tasks are JSON, so Celery's warning about pickled tasks says nothing here.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("umbral", task_cls="config.slots:PatientTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery would give each task a new connection: a new server process, which reads the catalog anew (20 ms for the first
# statement, twice the time for the others). Now a connection serves this many tasks; Django looks whether it is alive.
app.conf["CELERY_DB_REUSE_MAX"] = 1000


@task_prerun.connect
@task_postrun.connect
def _look_at_connections(**_news):
    """Drop what broke, and have the first statement of the next task ask whether the rest still answers."""
    from django.db import connections  # beat knows this module without Django

    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


@worker_init.connect
def _load_once(**_news):
    """Mails name pages, so every child would load them sooner or later, each for itself."""
    from django.conf import settings  # beat and whoever only rings know this module without Django

    import_module(settings.ROOT_URLCONF)


@worker_init.connect
def _keep_a_child_free(sender, **_news):
    """Before the children are made, so that all of them share what says who may last."""
    from config import slots  # whoever only rings never needs it

    if "prefork" in str(sender.pool_cls):
        slots.make(_children_of(sender.concurrency))


def _children_of(concurrency):
    """How many children Celery will make; it finds out itself what ``auto`` means, but only after this signal."""
    from celery.utils.sysinfo import cpu_budget  # only a worker's start needs it

    return concurrency if isinstance(concurrency, int) else cpu_budget(use_cgroup_quota=True).count


@worker_before_create_process.connect
def _keep_what_is_shared(**_news):
    """What a worker loaded stays in memory that its children share: collecting in a child would write to all of it."""
    gc.collect()
    gc.freeze()
