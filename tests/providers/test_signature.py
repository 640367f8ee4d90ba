"""Who signed a webhook delivery."""

import hashlib
import hmac

import pytest

from providers.webhooks.signature import sign, verify

BODY = b'{"object":"whatsapp_business_account","entry":[]}'


def signed(body=BODY, secret="test_app_secret"):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_a_delivery_signed_with_the_app_secret_is_genuine():
    assert verify(BODY, signed(), ["test_app_secret"])
    assert sign(BODY, "test_app_secret") == signed() == sign(BODY, b"test_app_secret")
    assert signed().endswith("56")  # the published vector of this secret and body ends so


def test_during_a_rotation_either_secret_verifies():
    assert verify(BODY, signed(secret="old"), ["new", "old"])
    assert verify(BODY, signed(secret="new"), [b"new", "old"])
    assert not verify(BODY, signed(secret="older"), ["new", "old"])


def test_one_changed_byte_breaks_the_signature():
    assert not verify(BODY + b" ", signed(), ["test_app_secret"])


def test_the_raw_bytes_count_and_not_what_they_mean():
    escaped, plain = b'{"a":"\\u00e9"}', '{"a":"é"}'.encode()
    assert verify(escaped, signed(escaped), ["test_app_secret"])
    assert not verify(plain, signed(escaped), ["test_app_secret"])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        signed()[7:],
        signed()[:-1],
        signed() + "0",
        signed() + "\n",
        signed().replace("sha256", "sha1"),
        " " + signed(),
        "sha256=" + "é" * 64,
        "sha256=" + "z" * 64,
        "sha256=" + "٣" * 64,
        f"{signed()},{signed()}",
    ],
)
def test_a_malformed_header_verifies_nothing(header):
    assert not verify(BODY, header, ["test_app_secret"])


def test_an_empty_secret_lets_nobody_in():
    assert not verify(BODY, signed(secret=""), [])
    assert not verify(BODY, signed(secret=""), ["", b""])


def test_capital_hex_digits_are_the_same_digest():
    assert verify(BODY, "sha256=" + signed()[7:].upper(), ["test_app_secret"])
