"""Work behind the template pages. Each task finds its due rows itself; hints only make it look sooner."""

from celery import shared_task

from templates_hsm.services import exchange, wishes


@shared_task
def submit_due_templates():
    """Hand in the templates that wait for it, and ask Meta for what people wished for others."""
    return {"submitted": exchange.submit_due(), "wishes": wishes.run_due()}


@shared_task
def poll_templates():
    """Look at the templates of the accounts that are due."""
    return exchange.poll_due()
