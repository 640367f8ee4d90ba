"""Carries requests to the Graph API for everything that waits for one answer: one pooled session per thread."""

import logging
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson
import requests
from requests import exceptions as trouble
from urllib3 import exceptions as wire

from providers.base import Action, Credentials, MediaFile, OutcomeUnknown, ProviderError, ProviderUnavailable
from providers.cloud_api.answers import classify_answer
from providers.cloud_api.media import is_trusted_host
from providers.cloud_api.request import Request, hide, redact

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3.0
READ_SECONDS = {"normal": 10.0, "upload": 60.0, "download": 30.0}
WHOLE_ANSWER_SECONDS = {"normal": 30.0, "upload": 120.0, "download": 300.0}
"""A read time-out starts anew with every byte; this one doesn't."""
ANSWER_BYTES = 8 * 1024 * 1024
FILE_BYTES = 105 * 1024 * 1024
LOGGED_CHARACTERS = 20_000
MEDIA_REDIRECTS = 3

Log = Callable[[Mapping[str, Any]], None]

_mine = threading.local()


def _session(*, loopback: bool) -> requests.Session:
    """This thread's session (and this process's: a fork may not share sockets). It holds no token and no cookie."""
    sessions = _mine.__dict__.setdefault("sessions", {})
    key = (os.getpid(), loopback)
    if key not in sessions:
        session = sessions[key] = requests.Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Proxies of the environment are for the world outside, not for a server on this machine.
        session.trust_env = not loopback
        session.headers["User-Agent"] = "umbral"
    return sessions[key]


class _Token(requests.auth.AuthBase):
    """Sets our header as ``auth``, because requests would otherwise let a .netrc entry of the host win."""

    def __init__(self, headers: Mapping[str, str]):
        self.headers = headers

    def __call__(self, prepared):
        prepared.headers.update(self.headers)
        return prepared


class Transport:
    """Asks with one set of credentials. ``log`` gets a record without secrets for every question.

    A record has ``method``, ``path``, ``status`` (``None`` without an answer), ``code``, ``subcode``, ``ms``,
    ``request``, ``response`` and ``outcome`` (``ok``, ``refused``, ``unavailable`` or ``unknown``).
    """

    def __init__(self, credentials: Credentials, log: Log | None = None):
        self.credentials = credentials
        self.log = log
        host = urlsplit(credentials.graph_url).hostname or ""
        self._loopback = host == "localhost" or host.startswith("127.") or host == "::1"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.credentials!r})"

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.credentials.access_token, self.credentials.app_secret)))

    def ask(self, request: Request) -> Any:
        """The JSON of the answer; raises the errors of ``classify_answer`` and those of silence."""
        secrets = self._secrets + tuple(
            str(value)
            for fields in (request.query, request.json or {})
            for name, value in fields.items()
            if name in request.secret_fields | {"client_secret", "input_token"} and len(str(value)) > 6
        )
        started = time.monotonic()
        status: int | None = None
        body = b""
        failure: ProviderError | None = None
        answer: Any = None
        reply = self._carry(request)
        if isinstance(reply, ProviderError):
            failure = reply
        else:
            status, headers, body = reply
            try:
                answer = classify_answer(status, headers, body, idempotent=request.idempotent, secrets=secrets)
            except ProviderError as error:
                failure = error
        self._record(request, status, body, failure, time.monotonic() - started, secrets)
        if failure is not None:
            raise failure
        return answer

    def _carry(self, request: Request) -> tuple[int, Mapping[str, str], bytes] | ProviderError:
        """One exchange. Errors are returned, so that none drags an exception along that quotes the request."""
        credentials = self.credentials
        files = [(file.part, (file.filename, file.content, file.mime_type)) for file in request.files]
        read_seconds = READ_SECONDS[request.pace]
        headers = dict(request.headers)
        data: Any = request.body if request.body is not None else request.form
        if request.json is not None:
            data = orjson.dumps(request.json)
            headers["Content-Type"] = "application/json"
        response = None
        try:
            response = _session(loopback=self._loopback).request(
                request.method,
                request.address(credentials.graph_url, credentials.version),
                params=request.query or None,
                data=data,
                files=files or None,
                headers=headers,
                auth=_Token(request.authorization(credentials.access_token)),
                timeout=(CONNECT_SECONDS, read_seconds),
                allow_redirects=False,
                stream=True,
            )
            body = _read(response, ANSWER_BYTES, WHOLE_ANSWER_SECONDS[request.pace])
            return response.status_code, response.headers, body
        except (requests.RequestException, wire.HTTPError, _Endless, OSError) as exc:
            status = response.status_code if response is not None else None
            return silence(exc, request, status)
        finally:
            if response is not None:
                response.close()

    def fetch_file(self, url: str, *, max_bytes: int = FILE_BYTES) -> MediaFile:
        """The file at an address that the provider named.

        The token goes only to the Graph API's host and to Meta's file hosts, never along a redirect to another.
        Raises ``ProviderError`` (404: ask for a new address) or ``ProviderUnavailable``.
        """
        started = time.monotonic()
        status: int | None = None
        failure: ProviderError | None = None
        file = MediaFile(b"")
        response = None
        shown = Request("GET", urlsplit(url).path.lstrip("/"), idempotent=True, pace="download")
        try:
            response = self._open_file(url)
            status = response.status_code
            body = _read(response, max_bytes, WHOLE_ANSWER_SECONDS["download"])
            if status != 200:
                classify_answer(status, response.headers, body, secrets=self._secrets)
                raise ProviderError("The file didn't come.", http_status=status, action=Action.NO_RETRY)
            file = MediaFile(body, response.headers.get("Content-Type", "").partition(";")[0].strip())
        except ProviderError as error:
            failure = error
        except (requests.RequestException, wire.HTTPError, _Endless, OSError, ValueError) as exc:
            failure = silence(exc, shown, status)
        finally:
            if response is not None:
                response.close()
        self._record(shown, status, b"", failure, time.monotonic() - started, self._secrets)
        if failure is not None:
            raise failure
        return file

    def _open_file(self, url: str) -> requests.Response:
        for _ in range(MEDIA_REDIRECTS + 1):
            parts = urlsplit(url)
            home = urlsplit(self.credentials.graph_url)
            at_home = (parts.scheme, parts.hostname, parts.port) == (home.scheme, home.hostname, home.port)
            if not at_home and not (parts.scheme == "https" and is_trusted_host(parts.hostname or "")):
                raise ProviderError(f"Files aren't fetched from {parts.hostname or 'there'}.", action=Action.NO_RETRY)
            response = _session(loopback=self._loopback).get(
                url,
                auth=_Token({"Authorization": f"Bearer {self.credentials.access_token}"}),
                timeout=(CONNECT_SECONDS, READ_SECONDS["download"]),
                allow_redirects=False,
                stream=True,
            )
            if response.status_code not in {301, 302, 303, 307, 308}:
                return response
            url = urljoin(url, response.headers.get("Location", ""))
            response.close()
        raise ProviderError("The file is behind too many redirects.", action=Action.NO_RETRY)

    def _record(
        self,
        request: Request,
        status: int | None,
        body: bytes,
        failure: ProviderError | None,
        seconds: float,
        secrets: tuple[str, ...],
    ) -> None:
        if self.log is None:
            return
        record = {
            "method": request.method,
            "path": hide(request.path, secrets),
            "status": status,
            "code": failure.code if failure else None,
            "subcode": failure.subcode if failure else None,
            "ms": round(seconds * 1000),
            "request": redact(request.for_log(), request.secret_fields, secrets),
            "response": _shown(body, secrets),
            "outcome": _outcome(failure),
            "error": str(failure) if failure else "",
        }
        try:
            self.log(record)
        except Exception:  # a full or broken log must not turn an accepted message into a lost one
            logger.exception("A provider request couldn't be logged.")


class _Endless(Exception):
    """An answer that is too long or takes too long."""


def _read(response: requests.Response, max_bytes: int, seconds: float) -> bytes:
    limit = time.monotonic() + seconds
    parts, size = [], 0
    # read1 gives what has come; iter_content would wait for a full piece while every byte renews the read time-out.
    while part := response.raw.read1(64 * 1024, decode_content=True):
        size += len(part)
        if size > max_bytes or time.monotonic() > limit:
            raise _Endless
        parts.append(part)
    return b"".join(parts)


def _before_the_request(exc: BaseException) -> bool:
    """Whether the connection failed before a byte of the request could be written."""
    if isinstance(exc, trouble.ConnectTimeout | trouble.ProxyError):
        return True
    if isinstance(exc, trouble.InvalidURL | trouble.InvalidSchema | trouble.MissingSchema | ValueError):
        return True
    reasons = [exc, *exc.args, *(getattr(arg, "reason", None) for arg in exc.args)]
    if any(isinstance(reason, wire.NewConnectionError | wire.NameResolutionError) for reason in reasons):
        return True
    # Other TLS trouble may come after the request was read.
    return any(
        isinstance(cause, ssl.SSLCertVerificationError)
        for reason in reasons
        if isinstance(reason, wire.SSLError)
        for cause in reason.args
    )


def silence(exc: BaseException, request: Request, status: int | None = None) -> ProviderError:
    """The error for an exchange that broke: no effect, or nobody knows.

    The words are ours: those of the exception hold the address with its query.
    """
    if _before_the_request(exc):
        return ProviderUnavailable("No connection to the provider.", action=Action.RETRY)
    if isinstance(exc, trouble.Timeout | wire.TimeoutError):
        message = "The provider didn't answer in time."
    elif isinstance(exc, _Endless):
        message = "The answer was too long or took too long."
    else:
        message = "The connection to the provider broke off."
    if request.idempotent or (status is not None and status >= 400):
        return ProviderUnavailable(message, http_status=status, action=Action.RETRY)
    return OutcomeUnknown(message, http_status=status, action=Action.NO_RETRY)


def _outcome(failure: ProviderError | None) -> str:
    if failure is None:
        return "ok"
    if isinstance(failure, ProviderUnavailable):
        return "unavailable"
    return "unknown" if isinstance(failure, OutcomeUnknown) else "refused"


def _shown(body: bytes, secrets: tuple[str, ...]) -> Any:
    if len(body) <= LOGGED_CHARACTERS:
        try:
            return redact(orjson.loads(body), frozenset(), secrets) if body else None
        except orjson.JSONDecodeError:
            pass
    return hide(body[:LOGGED_CHARACTERS].decode("utf-8", "replace").replace("\x00", "\ufffd"), secrets)
