"""Requests and answers on bare ASGI: parameters from query, form, multipart or JSON, as Graph takes them."""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_BODY = 110 * 1024 * 1024


class BadRequest(Exception):
    """The request can't be read; the message says why."""


@dataclass
class File:
    name: str
    mime: str
    content: bytes


@dataclass
class Request:
    """One HTTP request, read to its end."""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    client: str = ""
    params: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)

    @property
    def host(self):
        return self.headers.get("host", "")

    @property
    def origin(self):
        return f"http://{self.host}"

    def cookie(self, name):
        for part in self.headers.get("cookie", "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return None


@dataclass
class Response:
    body: bytes = b""
    status: int = 200
    content_type: str = "application/json; charset=UTF-8"
    headers: dict = field(default_factory=dict)
    drip_seconds: float = 0.0
    """Over this time the body leaves in small pieces."""


def answer(value, status=200):
    """A JSON answer."""
    return Response(json.dumps(value, ensure_ascii=False).encode(), status)


def redirect(to):
    return Response(b"", 303, "text/plain", {"location": to})


async def read_request(scope, receive):
    """The whole request; raises ``BadRequest`` when it is too large or its body can't be parsed."""
    chunks, size = [], 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise BadRequest("The client went away.")
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise BadRequest("The body is too large.")
        chunks.append(chunk)
        if not event.get("more_body"):
            break
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    request = Request(
        method=scope["method"],
        path=unquote(scope["raw_path"].decode("latin-1")) if scope.get("raw_path") else scope["path"],
        query=query,
        headers=headers,
        body=b"".join(chunks),
        client=(scope.get("client") or ("",))[0],
    )
    request.path = request.path.split("?", 1)[0]
    request.params = {**query, **_body_params(request)}
    return request


def _body_params(request):
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if not request.body:
        return {}
    if kind == "application/json":
        try:
            value = json.loads(request.body)
        except ValueError as exc:
            raise BadRequest("The body is not valid JSON.") from exc
        if not isinstance(value, dict):
            raise BadRequest("The body must be a JSON object.")
        return value
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return dict(pairs)
    if kind == "multipart/form-data":
        return _multipart(request)
    return {}


def _multipart(request):
    options = _header_options(request.headers["content-type"])
    boundary = options.get("boundary", "").encode("latin-1")
    if not boundary:
        raise BadRequest("The multipart body names no boundary.")
    params = {}
    for part in (b"\r\n" + request.body).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            break
        head, blank, content = part.partition(b"\r\n\r\n")
        if not blank:
            raise BadRequest("The multipart body can't be read.")
        headers = {}
        for line in head.decode("utf-8", "replace").split("\r\n"):
            key, _, value = line.partition(":")
            headers[key.strip().lower()] = value.strip()
        named = _header_options(headers.get("content-disposition", ""))
        if "filename" in named:
            mime = headers.get("content-type", "application/octet-stream").split(";")[0].strip()
            request.files[named.get("name", "")] = File(named["filename"], mime, content)
        elif "name" in named:
            params[named["name"]] = content.decode("utf-8", "replace")
    return params


def _header_options(value):
    found = re.findall(r';\s*([\w*-]+)=("(?:[^"\\\\]|\\\\.)*"|[^;]*)', value)
    return {key.lower(): text.strip().strip('"').replace('\\"', '"') for key, text in found}


def as_json(value):
    """A structure that may have arrived as JSON text in a form field; anything else comes back unchanged."""
    if isinstance(value, str) and value[:1] in "[{":
        for text in (value, value.replace("'", '"')):
            try:
                return json.loads(text)
            except ValueError:
                continue
    return value


def flag(value):
    """Truth of a parameter that may be text."""
    return value in (True, 1, "1", "true", "True", "on", "TRUE")


def same_origin(request):
    """Whether a browser's post comes from our own pages (``Sec-Fetch-Site``, else ``Origin``, else ``Referer``)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    source = request.headers.get("origin") or request.headers.get("referer")
    return bool(source) and urlsplit(source).netloc == request.host
