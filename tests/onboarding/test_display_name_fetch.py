"""Fetching a company's website: what is read, and where the address may not lead."""

import gzip
import socket
import ssl
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from onboarding.display_name import fetch
from onboarding.display_name.fetch import MAX_BYTES, SiteUnreachable, fetch_site, is_public


class Site(BaseHTTPRequestHandler):
    """A small site with one page for each kind of trouble."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        try:
            getattr(self, f"page_{path.strip('/') or 'home'}", self.page_missing)()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in {"Content_Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def page_home(self):
        self.answer("<title>Panadería Sol</title><p>Pan</p><script>var a</script>".encode())

    def page_missing(self):
        self.answer(b"<title>404</title>", 404)

    def page_latin(self):
        self.answer("<meta charset=iso-8859-1><title>Peña</title>".encode("latin-1"), Content_Type="text/html")

    def page_gzip(self):
        self.answer(gzip.compress(b"<title>Zip</title>"), Content_Encoding="gzip")

    def page_bomb(self):
        self.answer(gzip.compress(b"<title>B</title>" + b" " * (30 * MAX_BYTES)), Content_Encoding="gzip")

    def page_pdf(self):
        self.answer(b"%PDF", Content_Type="application/pdf")

    def page_large(self):
        self.answer(b"<title>L</title>" + b"x" * (3 * MAX_BYTES))

    def page_loop(self):
        self.answer(b"", 302, Location="/loop")

    def page_hop(self):
        self.answer(b"", 301, Location="/home")

    def page_inside(self):
        self.answer(b"", 302, Location="http://169.254.169.254/latest/meta-data/")

    def page_file(self):
        self.answer(b"", 302, Location="file:///etc/passwd")

    def page_drip(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.1)

    def page_headers(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(100):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.1)

    def page_brotli(self):
        self.answer(b"???", Content_Encoding="br")


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def safe_site(tmp_path_factory):
    """The same site over TLS, and a file with the certificate that it shows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime(2020, 1, 1)).not_valid_after(datetime(2099, 1, 1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = made.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    no_password = serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "site.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}", str(path)
    server.shutdown()
    server.server_close()


@pytest.fixture
def rehearsal(settings):
    settings.DEBUG = True
    settings.SITE_FETCH_ALLOW_PRIVATE = True


def refused(url):
    with pytest.raises(SiteUnreachable) as caught:
        fetch_site(url)
    assert str(caught.value.sentence)
    return caught.value.code


def test_a_page_comes_back_with_its_text(site, rehearsal):
    page = fetch_site(f"{site}/")
    assert (page.status, page.final_url) == (200, f"{site}/")
    assert page.text == "Panadería Sol. Pan"
    assert page.fetched_at.tzinfo


def test_redirects_are_followed_and_the_last_address_kept(site, rehearsal):
    assert fetch_site(f"{site}/hop").final_url == f"{site}/home"


def test_pages_with_an_error_status_are_evidence_too(site, rehearsal):
    assert fetch_site(f"{site}/nothing").status == 404


def test_other_encodings_are_read(site, rehearsal):
    assert "Peña" in fetch_site(f"{site}/latin").html
    assert "Zip" in fetch_site(f"{site}/gzip").html


@pytest.mark.parametrize("path", ["bomb", "large"])
def test_large_pages_are_cut(site, rehearsal, path):
    assert len(fetch_site(f"{site}/{path}").html) <= MAX_BYTES


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("pdf", "not_html"),
        ("loop", "redirects"),
        ("inside", "private_address"),
        ("file", "scheme"),
        ("brotli", "broken"),
    ],
)
def test_each_trouble_has_its_code(site, rehearsal, path, code):
    assert refused(f"{site}/{path}") == code


@pytest.mark.parametrize("path", ["drip", "headers"])
def test_an_answer_that_drips_is_cut_at_the_limit(site, rehearsal, monkeypatch, path):
    monkeypatch.setattr(fetch, "SECONDS", 0.6)
    started = time.monotonic()
    assert refused(f"{site}/{path}") == "timeout"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("path", ["drip", "headers"])
def test_an_answer_that_drips_over_tls_is_cut_as_well(safe_site, rehearsal, monkeypatch, path):
    url, certificate = safe_site
    context = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(ssl, "create_default_context", lambda: context)
    assert fetch_site(f"{url}/").status == 200

    monkeypatch.setattr(fetch, "SECONDS", 0.8)
    started = time.monotonic()
    assert refused(f"{url}/{path}") == "timeout"
    assert time.monotonic() - started < 3


def test_a_handshake_that_never_ends_is_cut(rehearsal, monkeypatch):
    monkeypatch.setattr(fetch, "SECONDS", 0.8)
    with socket.create_server(("127.0.0.1", 0)) as door:

        def drip():
            visitor, _address = door.accept()
            with visitor:
                visitor.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16,384 bytes begins
                for _ in range(100):
                    try:
                        visitor.sendall(b".")
                    except OSError:
                        return
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        started = time.monotonic()
        assert refused(f"https://127.0.0.1:{door.getsockname()[1]}/") == "timeout"
        assert time.monotonic() - started < 3


def test_a_certificate_that_nobody_vouches_for_is_refused(safe_site, rehearsal):
    assert refused(f"{safe_site[0]}/") == "tls"


def test_loopback_is_refused_outside_rehearsals(site, settings):
    settings.SITE_FETCH_ALLOW_PRIVATE = True
    settings.DEBUG = False
    assert refused(f"{site}/") == "port"
    assert refused("http://127.0.0.1/") == "private_address"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "bad_url"),
        ("ftp://example.com/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("http://example.com:8080/", "port"),
        ("https://user:secret@example.com/", "credentials"),
        ("http://exa mple.com/", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http:///path", "bad_url"),
        ("http://10.0.0.8/", "private_address"),
        ("http://2130706433/", "private_address"),
        ("http://0x7f.1/", "private_address"),
        ("http://[::ffff:127.0.0.1]/", "private_address"),
        ("http://localhost/", "private_address"),
    ],
)
def test_addresses_that_may_not_be_read_are_refused_before_connecting(url, code, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("connected"))
    assert refused(url) == code


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    both = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("192.168.1.4", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: both)
    assert refused("https://rebind.example/") == "private_address"


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", ("93.184.216.34", 80))])
    called = []

    def refuse(address, timeout):
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert refused("http://empresa.example/") == "connect"
    assert called == [("93.184.216.34", 80)]


def test_international_names_are_resolved_in_their_ascii_form(monkeypatch):
    asked = []

    def resolve(host, *args, **kwargs):
        asked.append(host)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert refused("https://peñaranda.example/") == "dns"
    assert asked == ["xn--pearanda-e3a.example"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001:0:1::1", "::7f00:1", "2001:db8::1",
        "nonsense",
    ],
)  # fmt: skip
def test_addresses_of_private_networks_are_known(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_addresses_of_the_open_internet_are_known(address):
    assert is_public(address)
