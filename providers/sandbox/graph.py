"""One Graph call from the raw request to the answer: version, token, node, limits, faults, log."""

import inspect
import json
import re
import time

# Each of these modules registers its calls.
from . import (
    accounts,
    activation,  # noqa: F401
    badge,  # noqa: F401
    faults,
    media,
    messages,  # noqa: F401
    number_extras,  # noqa: F401
    numbers,  # noqa: F401
    present,
    router,
    signup_codes,
    template_edits,  # noqa: F401
    template_reading,  # noqa: F401
    templates,  # noqa: F401
)
from .errors import GraphError, no_such_object
from .http import Response, answer

VERSION = re.compile(r"v\d+\.\d+")
ROOT = ("oauth/access_token", "debug_token", "message_template_library")
HOURLY_EDGES = ("", "assigned_users", "phone_numbers", "message_templates", "subscribed_apps")
SECRETS = re.compile(r'("(?:access_token|pin|code|input_token|client_secret|verify_token)"\s*:\s*")[^"]*')


def is_graph(path):
    """Whether a path belongs to the Graph API: a version, a numeric node, an upload or one of the root calls."""
    first = path.strip("/").split("/")[0]
    return bool(VERSION.fullmatch(first) or first.isdigit() or first.startswith("upload:") or path.strip("/") in ROOT)


async def handle(box, request):
    """The ``Response`` to a Graph call; may raise ``faults.Hangup``."""
    started = time.monotonic()
    note = {"at": present.now(), "method": request.method, "path": request.path, "fault": None}
    try:
        response = await _handle(box, request, note)
    except GraphError as error:
        if not note.get("shared"):
            box.store.rollback()
        response = answer(error.envelope(), error.http)
        if error.retry_after:
            response.headers["retry-after"] = str(error.retry_after)
        if error.code in (190, 104):
            response.headers["www-authenticate"] = 'OAuth "Facebook Platform" "invalid_token"'
    except faults.Hangup:
        box.store.commit()
        note |= {
            "status": "cut",
            "took": time.monotonic() - started,
            "body": _redacted(request),
            "answer": "",
        }
        box.calls.appendleft(note)
        raise
    except BaseException:
        if not note.get("shared"):
            box.store.rollback()
        raise
    note |= {
        "status": response.status,
        "took": time.monotonic() - started,
        "body": _redacted(request),
        "answer": _shown(response),
    }
    box.calls.appendleft(note)
    response.headers.setdefault("facebook-api-version", "v26.0")
    return response


def _redacted(request):
    if request.files or len(request.body) > 20_000:
        names = {name: file.name for name, file in request.files.items()}
        return f"({len(request.body)} bytes) {names or ''}"
    text = json.dumps({k: v for k, v in request.params.items() if k != "access_token"}, ensure_ascii=False)
    return SECRETS.sub(r"\1…", text)[:2000]


def _shown(response):
    if not response.content_type.startswith("application/json"):
        return f"({len(response.body)} bytes of {response.content_type})"
    return SECRETS.sub(r"\1…", response.body.decode("utf-8", "replace")[:2000])


async def _handle(box, request, note):
    segments = [part for part in request.path.split("/") if part]
    if segments and VERSION.fullmatch(segments[0]):
        segments.pop(0)
    method = request.method
    if method == "POST" and str(request.params.get("method", "")).upper() in ("DELETE", "GET"):
        method = request.params["method"].upper()
    path = "/".join(segments)
    kind, edge, node, rest = _locate(box, segments, path, request, method)
    scope = faults.path_class(method, kind, edge)
    fault = box.faults.take(scope, "all")
    if fault:
        note["fault"] = fault.kind
        early = await faults.before(fault, scope)
        if early is not None:
            return early
    token = check_token(box, request) if path != "oauth/access_token" else ""
    if token.startswith("EAAG") and not signup_codes.may_see(box.store, token, kind, node):
        raise no_such_object(node, method)
    if kind is None:
        raise no_such_object(node or path, method)
    _count_call(box, kind, edge, node)
    handler = router.find(method, kind, edge)
    if handler is None:
        raise _unknown_path(method, kind, edge, node)
    call = router.Call(box, request, request.params, node, rest)
    if scope == "messages":
        # Messages share commits; a refused one leaves at most a person that nobody knew before.
        note["shared"] = True
        body = handler(call)
        await box.settled()
    else:
        box.store.commit()
        body = handler(call)
        if inspect.isawaitable(body):
            body = await body
        box.store.commit()
    if fault:
        body = await faults.after(fault, body)
    return body if isinstance(body, Response) else answer(body)


def _locate(box, segments, path, request, method):
    """``(kind, edge, node, rest)``; kind ``None`` when nobody knows the node."""
    if path in ROOT:
        return "root", path, "", []
    if not segments:
        return None, "", "", []
    node = segments[0]
    if node.startswith("upload:"):
        node = node.split("?")[0]
        known = box.store.get("upload", node)
        return ("upload" if known else None), "", node, []
    edge, rest = (segments[1] if len(segments) > 1 else ""), segments[2:]
    if edge == "uploads":
        return "root", edge, node, []
    kind = box.store.value("SELECT kind FROM node WHERE id = ?", node)
    if kind is None and _asks_for_business(edge, request):
        row = accounts.ensure_business(box, node)
        kind = "business" if row else None
    if kind and rest and f"{edge}/{rest[0]}" in router.known_edges(kind):
        edge, rest = f"{edge}/{rest[0]}", rest[1:]
    return kind, edge, node, rest


def _asks_for_business(edge, request):
    if edge in ("owned_whatsapp_business_accounts", "client_whatsapp_business_accounts", "system_users"):
        return True
    fields = {name.strip() for name in str(request.params.get("fields", "")).split(",")}
    return not edge and "verification_status" in fields and fields <= accounts.BUSINESS_FIELDS


def check_token(box, request):
    """The token of a Bearer (or ``OAuth``) header or of ``access_token`` as a parameter; raises for a stranger's."""
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() not in ("bearer", "oauth") or not token.strip():
        token = str(request.params.get("access_token") or "")
    if not token.strip():
        raise GraphError(104, message="An access token is required to request this resource.", kind="OAuthException")
    if not box.knows_token(token.strip()):
        raise GraphError(190)
    return token.strip()


def _unknown_path(method, kind, edge, node):
    if edge and edge not in router.known_edges(kind):
        return GraphError(
            2500 if method == "GET" else 100,
            message=f"Unknown path components: /{edge}"
            if method == "GET"
            else f"Unsupported {method.lower()} request. Object with ID '{node}' does not support this operation.",
            http=400,
            subcode=None if method == "GET" else 33,
        )
    return no_such_object(node, method)


def _count_call(box, kind, edge, node):
    """200 management calls an hour per WABA, 5,000 once it has a registered number (code 80007)."""
    if edge not in HOURLY_EDGES or kind not in ("waba", "number") or not box.options["enforce_hourly_calls"]:
        return
    waba = node if kind == "waba" else box.store.value("SELECT waba_id FROM number WHERE id = ?", node)
    hour = int(present.now() // 3600)
    then, count = box.hourly.get(waba, (hour, 0))
    count = count + 1 if then == hour else 1
    box.hourly[waba] = (hour, count)
    if count > 200:
        active = box.store.value("SELECT COUNT(*) FROM number WHERE waba_id = ? AND registered = 1", waba)
        if not active or count > 5000:
            raise GraphError(
                80007,
                "There have been too many calls to this WhatsApp Business account. Wait an hour and try again.",
            )


def attachment(box, request):
    """A media download: the address that ``GET /{media_id}`` gave, with the token."""
    try:
        check_token(box, request)
    except GraphError as error:
        return answer(error.envelope(), error.http)
    return media.download(box.store, request.params)
