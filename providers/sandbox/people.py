"""The people with a telephone: who they are to each business, and what stands between them and it."""

import functools
import hashlib
import re

import phonenumbers

from . import present


def digits_of(text):
    return re.sub(r"\D", "", str(text))


@functools.lru_cache(10_000)
def country_of(digits):
    """ISO code of a number's country, ``US`` when it can't be told."""
    for length in (1, 2, 3):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0))
        if regions and len(regions) == 1:
            return regions[0]
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(f"+{digits}")) or "US"
    except phonenumbers.NumberParseException:
        return "US"


@functools.lru_cache(10_000)
def pretty(digits):
    """As people read it: ``+57 315 5550142``."""
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _spellings(digits):
    """Other ways to dial the same person (the ninth digit in Brazil, the 1 of Mexico, the 9 of Argentina)."""
    yield digits
    if digits.startswith("55") and len(digits) == 13 and digits[4] == "9":
        yield digits[:4] + digits[5:]
    elif digits.startswith("55") and len(digits) == 12:
        yield digits[:4] + "9" + digits[4:]
    elif digits.startswith("521"):
        yield "52" + digits[3:]
    elif digits.startswith("52"):
        yield "521" + digits[2:]
    elif digits.startswith("549"):
        yield "54" + digits[3:]
    elif digits.startswith("54"):
        yield "549" + digits[2:]


def by_digits(store, digits):
    for spelling in _spellings(digits):
        row = store.one("SELECT * FROM customer WHERE digits = ?", spelling)
        if row:
            return row
    return None


def ensure(store, digits, name=None, by_hand=False):
    """The person with this number, made on the spot when nobody has it yet."""
    person = by_digits(store, digits)
    if person is None:
        store.insert(
            "customer",
            digits=digits,
            name=name or f"+{digits}",
            made_by_hand=int(by_hand),
            created_at=present.now(),
        )
        person = by_digits(store, digits)
    elif by_hand:
        store.update("customer", person["id"], made_by_hand=1, name=name or person["name"])
        person = store.get("customer", person["id"])
    return person


def user_id(store, person, business_id):
    """The business-scoped user id (BSUID): one per person and portfolio (Meta, in webhooks since April 2026)."""
    number = int(hashlib.sha256(f"{business_id}/{person['id']}/{person['digits']}".encode()).hexdigest(), 16)
    found = f"{country_of(person['digits'])}.{number % 10**17 + 10**17}"
    store.run("INSERT OR IGNORE INTO identity VALUES (?, ?, ?)", found, person["id"], business_id)
    return found


def by_user_id(store, found):
    customer_id = store.value("SELECT customer_id FROM identity WHERE user_id = ?", found)
    return store.get("customer", customer_id) if customer_id else None


def chat(store, number_id, customer_id):
    """What stands between a business number and a person; made when they first meet."""
    row = store.one("SELECT * FROM chat WHERE number_id = ? AND customer_id = ?", number_id, customer_id)
    if row is None:
        store.run("INSERT INTO chat (number_id, customer_id) VALUES (?, ?)", number_id, customer_id)
        row = store.one("SELECT * FROM chat WHERE number_id = ? AND customer_id = ?", number_id, customer_id)
    return row


def set_chat(store, number_id, customer_id, **columns):
    names = ", ".join(f"{name} = ?" for name in columns)
    store.run(
        f"UPDATE chat SET {names} WHERE number_id = ? AND customer_id = ?",
        *columns.values(),
        number_id,
        customer_id,
    )


def business_of(store, number):
    return store.value("SELECT business_id FROM waba WHERE id = ?", number["waba_id"])
