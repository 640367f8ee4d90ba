"""Work behind the template pages. Each task finds its due rows itself; hints only make it look sooner."""

from celery import shared_task

from templates_hsm.services import archiving, exchange, queue_reminders, sweeping, wishes


@shared_task
def submit_due_templates():
    """Hand in the templates that wait for it, and ask Meta for what people wished for others."""
    return {"submitted": exchange.submit_due(), "wishes": wishes.run_due()}


@shared_task
def poll_templates():
    """Look at the templates of the accounts that are due."""
    return exchange.poll_due()


@shared_task
def remind_of_the_queue():
    """Tell our team of templates that wait for it longer than the house's target."""
    return queue_reminders.remind()


@shared_task
def tend_old_templates():
    """Say which templates Meta will archive soon, and throw away files that nothing names any more."""
    return {"archive": archiving.tend(), "files": sweeping.sweep()}
