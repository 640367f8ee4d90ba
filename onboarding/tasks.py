"""Work behind onboarding's pages. Each task finds its due rows itself; hints only make it look sooner."""

from celery import shared_task

from onboarding import heard
from onboarding.badge_tasks import remind_of_badges, tend_badges
from onboarding.channel_tasks import check_channels, tend_channels
from onboarding.name_check_tasks import check_display_name, check_waiting_display_names
from onboarding.number_tasks import forget_old_number_records, tend_numbers, watch_steps
from onboarding.services import polls, reminders, review, short_links, step_runner
from onboarding.signup_tasks import exchange_signups

__all__ = [
    "check_channels",
    "check_display_name",
    "check_waiting_display_names",
    "exchange_signups",
    "forget_old_number_records",
    "hear_early_news",
    "let_decisions_go",
    "poll_accounts",
    "remind_businesses",
    "remind_of_badges",
    "run_due_steps",
    "tend_badges",
    "tend_channels",
    "tend_numbers",
    "tend_short_links",
    "watch_steps",
]


@shared_task
def run_due_steps():
    """Run the external steps that are due."""
    return step_runner.run_due()


@shared_task
def poll_accounts():
    """Look at the accounts and numbers that are due."""
    return polls.poll_due()


@shared_task
def hear_early_news():
    """Take in what the provider told of accounts before they were ours."""
    return {"heard": heard.hear_early_news()}


@shared_task
def let_decisions_go():
    """Let the reviewers' decisions leave whose minute is over."""
    return review.let_go_due()


@shared_task
def tend_short_links():
    """Have Meta make the short links that somebody asked for."""
    return short_links.run_due()


@shared_task
def remind_businesses():
    """Follow whose turn it is, and remind those who have been quiet."""
    return reminders.run_due()
