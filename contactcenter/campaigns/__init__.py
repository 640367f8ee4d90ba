"""Campaigns: an approved template to many people, each of them once.

``audience`` and ``mapping`` say who gets it and what is filled in, ``preparing`` goes through them in the background
and gives everybody a reason who is left out, ``lifecycle`` starts, pauses and cancels, ``releasing`` hands bounded
slices to the outbox, ``watching`` stops a campaign by itself, ``report`` says what became of it.
"""

TASK = "contactcenter.tasks.run_campaigns"
CAMPAIGN_CHANGED = "campaign"
