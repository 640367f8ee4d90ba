"""Quiet hours where the person is: time zones out of numbers, and when a zone is quiet. Pure.

A number tells a zone, or several where a country or a calling code spans them; then the first and the last of them
both have to be awake.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from phonenumbers import PhoneNumber
from phonenumbers.timezone import time_zones_for_geographical_number

from contacts.numbers import regions_by_code

_REFERENCE = datetime(2026, 1, 15)


def zone_of(digits, fallback):
    """The zone of a number (digits with country code), as ``"America/Bogota"`` or ``"first|last"``."""
    for length in (1, 2, 3):
        code = digits[:length]
        if code in regions_by_code():
            # Area codes decide, and no plan needs more than four figures of them.
            return _zone(int(code), digits[length:], fallback)
    return fallback


def _zone(code, national, fallback):
    return _zone_of_prefix(code, national[:5].ljust(len(national), "0"), fallback)


@lru_cache(maxsize=50_000)
def _zone_of_prefix(code, national, fallback):
    if not national.isdigit():
        return fallback
    number = PhoneNumber(country_code=code, national_number=int(national))
    known = [name for name in time_zones_for_geographical_number(number) if name != "Etc/Unknown" and _exists(name)]
    if not known:
        return fallback
    known.sort(key=lambda name: (_offset(name), name))
    return known[0] if _offset(known[0]) == _offset(known[-1]) else f"{known[0]}|{known[-1]}"


@lru_cache(maxsize=1000)
def _exists(name):
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1000)
def _offset(name):
    return ZoneInfo(name).utcoffset(_REFERENCE)


def is_quiet(zone, at, quiet_from, quiet_until):
    """Whether it is quiet in any of the zones at this moment; without both hours it never is."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return False
    for name in zone.split("|"):
        local = at.astimezone(ZoneInfo(name)).time()
        if quiet_from < quiet_until:
            quiet = quiet_from <= local < quiet_until
        else:
            quiet = local >= quiet_from or local < quiet_until
        if quiet:
            return True
    return False


def awake_zones(zones, at, quiet_from, quiet_until):
    """Those zones in which messages may leave now."""
    return [zone for zone in zones if not is_quiet(zone, at, quiet_from, quiet_until)]


def wakes_at(zones, at, quiet_from, quiet_until):
    """The next moment (to the quarter of an hour) at which one of the zones is awake; ``None`` if none ever is."""
    moment = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    for _step in range(4 * 24 * 2):
        moment += timedelta(minutes=15)
        if awake_zones(zones, moment, quiet_from, quiet_until):
            return moment
    return None
