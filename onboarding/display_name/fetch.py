"""Reading a company's website without letting its address lead anywhere inside.

Only http and https on their own ports, only public addresses. The name is resolved once, every address is checked, and
the connection goes to a checked address while Host, SNI and the certificate keep the name; each redirect starts anew.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from selectolax.lexbor import LexborHTMLParser

from config.clock import now

SECONDS = 10.0
MAX_BYTES = 2 * 1024 * 1024
MAX_REDIRECTS = 5
MAX_TEXT = 20_000
_PORTS = {"http": 80, "https": 443}
_HTML = ("text/html", "application/xhtml+xml")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_resolver = ThreadPoolExecutor(max_workers=4, thread_name_prefix="site-resolver")

_SENTENCES = {
    "bad_url": _("This is not a web address. Write it like https://example.com."),
    "scheme": _("Only addresses that begin with http or https can be read."),
    "port": _("Only the usual ports 80 and 443 can be read."),
    "credentials": _("Leave the user name and password out of the address."),
    "dns": _("No website answers to this name. Check the spelling."),
    "private_address": _("This address belongs to a private network. Write the public website."),
    "connect": _("The website refused the connection."),
    "tls": _("The website's security certificate is not valid for this name."),
    "timeout": _("The website took longer than 10 seconds to answer."),
    "redirects": _("The website sends us on too many times."),
    "not_html": _("This address is not a web page."),
    "broken": _("The website's answer could not be read."),
}


class SiteUnreachable(Exception):
    """The site can't be read. ``code`` is stable, ``sentence`` is for the applicant."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def sentence(self) -> str | Promise:
        return _SENTENCES[self.code]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A page as it was. ``html`` is cut at 2 MB, ``text`` is what a person reads, cut at 20,000 characters."""

    url: str
    final_url: str
    status: int
    html: str
    text: str
    fetched_at: datetime


def fetch_site(url: str) -> Snapshot:
    """Fetch the page that an applicant named. An address without scheme is tried as https, then as http.

    Raises SiteUnreachable. Pages with an error status are returned, since their text is evidence too. With
    ``SITE_FETCH_ALLOW_PRIVATE`` loopback addresses and other ports are allowed, in development and rehearsals only.
    """
    deadline = time.monotonic() + SECONDS
    typed = (url or "").strip()
    if re.match(r"^[a-z][a-z0-9+.-]*:(?!\d)", typed, re.IGNORECASE):
        return _follow(typed, typed, deadline)
    try:
        return _follow(typed, f"https://{typed}", deadline)
    except SiteUnreachable as failure:
        if failure.code not in {"connect", "tls"}:
            raise
        return _follow(typed, f"http://{typed}", deadline)


def _follow(typed: str, url: str, deadline: float) -> Snapshot:
    for _hop in range(MAX_REDIRECTS + 1):
        status, headers, body = _get(_checked_url(url), deadline)
        target = headers.get("Location")
        if status in {301, 302, 303, 307, 308} and target:
            url = urljoin(url, target)
            continue
        kind = (headers.get("Content-Type") or "text/html").split(";")[0].strip().lower()
        if kind not in _HTML:
            raise SiteUnreachable("not_html")
        html = _decode(body, headers.get("Content-Type") or "")
        return Snapshot(typed, url, status, html, readable_text(html), now())
    raise SiteUnreachable("redirects")


def checked_address(url: str) -> str:
    """An address as we would fetch it, without asking the network. Raises SiteUnreachable that says what is wrong."""
    parts = _checked_url(url)
    host = _ascii_host(parts.hostname or "")
    allowed = _private_allowed()
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    if literal is None and "." not in host and not allowed:
        raise SiteUnreachable("bad_url")
    if literal is not None and not is_public(host) and not (allowed and literal.is_loopback):
        raise SiteUnreachable("private_address")
    return url


def _private_allowed() -> bool:
    rehearsal = settings.DEBUG or settings.MOVABLE_CLOCK  # neither is ever on where customers are served
    return bool(getattr(settings, "SITE_FETCH_ALLOW_PRIVATE", False) and rehearsal)


def _checked_url(url: str) -> SplitResult:
    if re.search(r"[\x00-\x20\\\x7f]", url):
        raise SiteUnreachable("bad_url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SiteUnreachable("bad_url") from None
    if parts.scheme.lower() not in _PORTS:
        raise SiteUnreachable("scheme")
    if parts.username is not None or parts.password is not None:
        raise SiteUnreachable("credentials")
    if not parts.hostname:
        raise SiteUnreachable("bad_url")
    if port is not None and port != _PORTS[parts.scheme.lower()] and not _private_allowed():
        raise SiteUnreachable("port")
    return parts


def _ascii_host(host: str) -> str:
    try:
        ipaddress.ip_address(host)
        return host
    except ValueError:
        pass
    try:
        return idna.encode(host.rstrip("."), uts46=True).decode("ascii")
    except idna.IDNAError:
        raise SiteUnreachable("bad_url") from None


def is_public(address: str) -> bool:
    """Whether the address is one of the open internet, also inside IPv4-mapped, 6to4 and NAT64 forms."""
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.teredo is not None or int(ip) >> 32 == 0:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


def _addresses(host: str, port: int, deadline: float) -> list[str]:
    job = _resolver.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = job.result(timeout=_left(deadline))
    except FutureTimeout:
        raise SiteUnreachable("timeout") from None
    except (OSError, UnicodeError):
        raise SiteUnreachable("dns") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = _private_allowed()
    for address in addresses:
        loopback = allowed and ipaddress.ip_address(address.split("%")[0]).is_loopback
        if not is_public(address) and not loopback:
            raise SiteUnreachable("private_address")
    if not addresses:
        raise SiteUnreachable("dns")
    return addresses


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise SiteUnreachable("timeout")
    return left


def _get(parts: SplitResult, deadline: float) -> tuple[int, http.client.HTTPMessage, bytes]:
    host = _ascii_host(parts.hostname or "")
    secure = parts.scheme.lower() == "https"
    port = parts.port or _PORTS[parts.scheme.lower()]
    sock = _connect(_addresses(host, port, deadline), port, deadline)
    held = [sock]
    watchdog = threading.Timer(max(_left(deadline), 0.01), _cut, [held])
    watchdog.daemon = True
    watchdog.start()
    try:
        if secure:
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            held[0] = sock  # wrapping leaves the plain socket empty: cutting that one would end nothing
            sock.do_handshake()
        connection = http.client.HTTPConnection(host, port, timeout=_left(deadline))
        connection.sock = sock
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        if parts.query:
            path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
        named = f"[{host}]" if ":" in host else host
        headers = {
            "Host": named if port == _PORTS[parts.scheme.lower()] else f"{named}:{port}",
            "User-Agent": "UmbralSiteCheck/1.0",
            "Accept": "text/html,application/xhtml+xml",
            "Accept-Encoding": "gzip, identity",
            "Connection": "close",
        }
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = b"" if 300 <= response.status < 400 else _read(response, deadline)
        return response.status, response.headers, body
    except ssl.SSLCertVerificationError:
        raise SiteUnreachable("tls") from None
    except TimeoutError:
        raise SiteUnreachable("timeout") from None
    except (OSError, http.client.HTTPException, ValueError) as failure:
        if time.monotonic() >= deadline:
            raise SiteUnreachable("timeout") from None
        raise SiteUnreachable("tls" if isinstance(failure, ssl.SSLError) else "broken") from None
    finally:
        watchdog.cancel()
        sock.close()


def _connect(addresses: list[str], port: int, deadline: float) -> socket.socket:
    for address in addresses[:4]:
        try:
            return socket.create_connection((address, port), timeout=min(_left(deadline), 4.0))
        except OSError:
            continue
    raise SiteUnreachable("timeout" if time.monotonic() >= deadline else "connect")


def _cut(held: list[socket.socket]) -> None:
    """Ends the connection (the one that is held now) that drips its answer, headers or handshake byte by byte."""
    try:
        socket.socket.shutdown(held[0], socket.SHUT_RDWR)  # below TLS, which another thread is reading
    except OSError:
        pass


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    coding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip", "deflate", ""}:
        raise SiteUnreachable("broken")
    unpack = zlib.decompressobj(wbits=47) if coding not in {"identity", ""} else None
    body = bytearray()
    while len(body) < MAX_BYTES:
        _left(deadline)
        part = response.read1(65536)
        if not part:
            break
        if unpack is None:
            body += part
            continue
        try:
            body += unpack.decompress(part, MAX_BYTES - len(body))
        except zlib.error:
            raise SiteUnreachable("broken") from None
    _left(deadline)
    return bytes(body[:MAX_BYTES])


def _decode(body: bytes, content_type: str) -> str:
    named = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    written = re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w.:-]+)", body[:4096], re.IGNORECASE)
    charset = named.group(1) if named else written.group(1).decode("ascii") if written else "utf-8"
    for attempt in (charset, "utf-8", "cp1252"):
        try:
            return body.decode(attempt)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("utf-8", errors="replace")


def readable_text(html: str) -> str:
    """What a person reads on the page: title and body text without scripts, in one line, cut at 20,000 characters."""
    tree = LexborHTMLParser(html)
    for node in tree.css("script,style,template,noscript"):
        node.decompose()
    title = tree.css_first("title")
    described = tree.css_first('meta[name="description"]')
    parts = [
        title.text() if title else "",
        (described.attributes.get("content") or "") if described else "",
        tree.body.text(separator=" \n ") if tree.body else "",
    ]
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for part in parts for line in part.split("\n"))
    return ". ".join(line for line in lines if line)[:MAX_TEXT]
