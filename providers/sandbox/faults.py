"""Faults on demand: what goes wrong in networks and at providers, made to happen when a test or a person wants it."""

import asyncio
import contextlib
from dataclasses import dataclass

from .errors import GraphError
from .http import Response, answer

CALL_KINDS = (
    "delay",
    "rate_limit",
    "server_error",
    "html",
    "reset",
    "timeout_before",
    "timeout_after",
    "reset_after",
    "slow_drip",
    "no_id",
    "unavailable",
    "rate_limit_hint",
    "pair_limit",
    "number_limit",
    "too_many",
    "window_closed",
    "token_expired",
    "policy_block",
    "html_with_200",
    "half_json",
    "huge_answer",
    "redirect",
)
WEBHOOK_KINDS = ("delay", "duplicate", "reorder")
SCOPES = ("messages", "management", "media", "all", "webhooks")
KINDS = CALL_KINDS + ("duplicate", "reorder")

HTML_PAGE = (
    b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>"
)
HUGE_BYTES = 4 * 1024 * 1024
"""More than any answer of the Graph API has."""
ELSEWHERE = "https://elsewhere.example/v26.0/messages"


_REFUSALS = {
    "pair_limit": (131056, "Too many messages sent from this phone number to the same phone number.", 400),
    "number_limit": (131057, "Business account is in maintenance mode.", 400),
    "window_closed": (131047, "More than 24 hours have passed since the customer last replied.", 400),
    "token_expired": (190, "Error validating access token: the session has expired.", 401),
    "policy_block": (368, "Temporarily blocked for policies violations.", 403),
}


class Hangup(Exception):
    """Close the connection without (or in the middle of) an answer."""


@dataclass
class Fault:
    id: int
    kind: str
    seconds: float


class Faults:
    """The faults that wait to happen. ``count`` ``None`` means until cleared."""

    def __init__(self, store):
        self.store = store
        self._any = bool(store.value("SELECT COUNT(*) FROM fault"))

    def add(self, kind, scope="all", count=1, seconds=None):
        """Arm a fault; raises ``ValueError`` when kind and scope don't fit."""
        allowed = WEBHOOK_KINDS if scope == "webhooks" else CALL_KINDS
        if scope not in SCOPES:
            raise ValueError(f"scope is one of {', '.join(SCOPES)}.")
        if kind not in allowed:
            raise ValueError(f"For {scope}, kind is one of {', '.join(allowed)}.")
        if count is not None and int(count) < 1:
            raise ValueError("count is at least 1, or null for until cleared.")
        if seconds is None:
            seconds = 120 if kind.startswith("timeout") else 2
        self._any = True
        return self.store.insert(
            "fault",
            kind=kind,
            scope=scope,
            remaining=None if count is None else int(count),
            seconds=float(seconds),
        )

    def clear(self, fault_id=None):
        if fault_id is None:
            self.store.run("DELETE FROM fault")
        else:
            self.store.run("DELETE FROM fault WHERE id = ?", fault_id)
        self._any = bool(self.store.value("SELECT COUNT(*) FROM fault"))

    def all(self):
        return self.store.all("SELECT * FROM fault ORDER BY id")

    def take(self, *scopes, kinds=None):
        """The oldest armed fault for one of ``scopes``, used up by one; ``None`` when all is well."""
        if not self._any:
            return None
        marks = ", ".join("?" * len(scopes))
        for row in self.store.all(f"SELECT * FROM fault WHERE scope IN ({marks}) ORDER BY id", *scopes):
            if kinds and row["kind"] not in kinds:
                continue
            if row["remaining"] == 1:
                self.clear(row["id"])
            else:
                self.store.run("UPDATE fault SET remaining = remaining - 1, hits = hits + 1 WHERE id = ?", row["id"])
            self.store.commit()
            return Fault(row["id"], row["kind"], row["seconds"])
        return None


def path_class(method, kind, edge):
    """The scope to which a call belongs."""
    if edge in ("messages", "marketing_messages"):
        return "messages"
    if edge == "media" or kind in ("media", "upload") or edge == "uploads":
        return "media"
    return "management"


async def before(fault, scope):
    """What the fault does before anything happened; may return a ``Response`` or raise."""
    if fault is None:
        return None
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "rate_limit":
        if scope == "messages":
            raise GraphError(130429, "Cloud API message throughput has been reached.", http=429, subcode=2494055)
        raise GraphError(80007, "There have been too many calls to this WhatsApp Business account.", http=429)
    elif fault.kind == "rate_limit_hint":
        raise GraphError(
            130429, "Cloud API message throughput has been reached.", http=429, retry_after=max(1, int(fault.seconds))
        )
    elif fault.kind in _REFUSALS:
        code, details, status = _REFUSALS[fault.kind]
        raise GraphError(code, details, http=status)
    elif fault.kind == "too_many":
        hint = {"retry-after": str(max(1, int(fault.seconds)))}
        return Response(b"Too Many Requests", 429, "text/plain", hint)
    elif fault.kind == "unavailable":
        return Response(HTML_PAGE, 503, "text/html; charset=utf-8")
    elif fault.kind == "server_error":
        raise GraphError(131000, "An unknown error has occurred.", http=500, transient=True)
    elif fault.kind == "html":
        return Response(HTML_PAGE, 502, "text/html; charset=utf-8")
    elif fault.kind == "redirect":
        return Response(b"", 307, "text/plain", {"location": ELSEWHERE})
    elif fault.kind == "reset":
        raise Hangup
    elif fault.kind == "timeout_before":
        await asyncio.sleep(fault.seconds)
        raise Hangup
    return None


async def after(fault, body):
    """What the fault does once the effect has taken place; may change the body or raise."""
    if fault is None:
        return body
    if fault.kind == "timeout_after":
        await asyncio.sleep(fault.seconds)
        raise Hangup
    if fault.kind == "reset_after":
        raise Hangup
    if fault.kind == "slow_drip":
        slow = answer(body)
        slow.drip_seconds = fault.seconds
        return slow
    if fault.kind == "no_id" and isinstance(body, dict):
        return {key: value for key, value in body.items() if key not in ("id", "messages")}
    if fault.kind == "html_with_200":
        return Response(HTML_PAGE, 200, "text/html; charset=utf-8")
    if fault.kind == "half_json":
        whole = answer(body)
        return Response(whole.body[: len(whole.body) // 2])
    if fault.kind == "huge_answer":
        return Response(answer(body).body.ljust(HUGE_BYTES))
    return body


def hang_up(send):
    """Cut the connection as a broken network would.

    ASGI has no word for it, so the server's transport is used where uvicorn lets us see it.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        with contextlib.suppress(Exception):
            transport.abort()
        return True
    return False
