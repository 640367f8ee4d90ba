"""Looking after channels: the checks that are due, tests that nobody finished, and reminders to our team."""

from celery import shared_task

from onboarding.services import channel_reminders, channel_rounds, channels, round_trips


@shared_task(name="onboarding.tasks.check_channels")
def check_channels():
    """Check the channels that are due or that somebody asked about."""
    return channel_rounds.run_due()


@shared_task(name="onboarding.tasks.tend_channels")
def tend_channels():
    """Start checklists that are missing, end tests that nobody finished, remind our team of what is overdue."""
    return {
        "begun": channels.begin_missing(),
        "given_up": round_trips.give_up_late(),
        "reminded": channel_reminders.remind(),
    }
