"""Meta's Graph API as pure functions: what to ask (``Request``) and what an answer means (``parse…``).

No transport, no settings, no Django: ``providers.http`` carries requests with one connection per thread, the sender
with asyncio. Both give the raw answer to ``classify_answer`` and its result to the parser beside the question.
"""

from providers.cloud_api import accounts, media, messages, numbers, templates
from providers.cloud_api.answers import classify_answer
from providers.cloud_api.request import GRAPH_VERSION, Request

__all__ = [
    "GRAPH_VERSION",
    "Request",
    "accounts",
    "classify_answer",
    "media",
    "messages",
    "numbers",
    "templates",
]
