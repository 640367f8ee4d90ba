"""Tasks of campaigns. ``contactcenter.tasks`` imports them for Celery; each finds its due rows itself."""

from celery import shared_task

from contactcenter.campaigns import files, preparing, releasing


@shared_task(name="contactcenter.tasks.prepare_campaigns")
def prepare_campaigns():
    """Go on with the campaigns that are being checked."""
    return preparing.run_due()


@shared_task(name="contactcenter.tasks.run_campaigns")
def run_campaigns():
    """Hand over what running campaigns may send now."""
    return releasing.run_due()


@shared_task(name=files.TASK)
def hand_in_campaign_files():
    """Upload the files of running campaigns, before their messages may leave."""
    return files.run_due()
