"""What to ask Meta's Graph API, as data: one frozen ``Request`` that any transport can carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

GRAPH_VERSION = "v26.0"
"""The version of the Graph API this code was written for; ``settings.WHATSAPP_GRAPH_VERSION`` may name another."""

ALWAYS_SECRET = frozenset(
    {
        "access_token",
        "client_secret",
        "app_secret",
        "appsecret_proof",
        "input_token",
        "pin",
        "verify_token",
    }
)
"""Fields that no log may show, wherever they occur."""

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request."""

    part: str
    filename: str
    content: bytes = field(repr=False)
    mime_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the Graph API.

    ``idempotent`` says that asking twice does no harm, so silence after it is just silence. ``secret_fields`` are
    masked in logs beside the ones that always are. ``pace`` is how long an answer may take: ``normal``, ``upload`` or
    ``download``.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    files: tuple[Upload, ...] = ()
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool = False
    pace: str = "normal"
    auth: str = "Bearer"
    secret_fields: frozenset[str] = frozenset()

    def address(self, graph_url: str, version: str) -> str:
        """The full address without the query."""
        return f"{graph_url.rstrip('/')}/{version}/{self.path}"

    def authorization(self, access_token: str) -> dict[str, str]:
        """The header that says who asks; empty for questions that carry their own proof."""
        return {"Authorization": f"{self.auth} {access_token}"} if self.auth else {}

    def for_log(self) -> dict[str, Any]:
        """What was asked, without secrets and without the content of files."""
        shown: dict[str, Any] = {}
        if self.query:
            shown["query"] = redact(self.query, self.secret_fields)
        if self.json is not None:
            shown["json"] = redact(self.json, self.secret_fields)
        if self.form:
            shown["form"] = redact(self.form, self.secret_fields)
        if self.files:
            shown["files"] = [
                {
                    "filename": file.filename,
                    "mime_type": file.mime_type,
                    "bytes": len(file.content),
                }
                for file in self.files
            ]
        if self.body is not None:
            shown["bytes"] = len(self.body)
        return shown


def path(*segments: str) -> str:
    """Segments of an address, each quoted, so that no ID can walk to another place."""
    return "/".join(quote(str(segment), safe=":") for segment in segments)


def split_node(node: str) -> tuple[str, dict[str, str]]:
    """A node that brings its own query (upload sessions do) as path and query."""
    head, _, tail = node.partition("?")
    return path(head), dict(parse_qsl(tail, keep_blank_values=True))


def get(*segments: str, **query: Any) -> Request:
    """Read something; parameters that are empty are left out."""
    return Request("GET", path(*segments), query=given(query), idempotent=True)


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def redact(
    value: Any,
    secret_fields: frozenset[str] = frozenset(),
    secrets: tuple[str, ...] = (),
) -> Any:
    """A copy of JSON-like ``value`` for a log: secret fields masked, and each of ``secrets`` wherever it stands."""
    if isinstance(value, Mapping):
        return {
            str(name): MASK if name in ALWAYS_SECRET or name in secret_fields else redact(inner, secret_fields, secrets)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(inner, secret_fields, secrets) for inner in value]
    if isinstance(value, str):
        return hide(value, secrets)
    return value


def hide(text: str, secrets: tuple[str, ...]) -> str:
    """``text`` with every secret in it masked."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    return text
