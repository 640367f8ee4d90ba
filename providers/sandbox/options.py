"""Settings of the rehearsal, changed in the control panel and kept in the store."""

import json

from .store import packed

MOODS = ("approve", "rules", "refuse", "slow", "hold")
REVIEWS = ("names", "templates", "accounts", "businesses", "badges")

DEFAULTS = {
    "mood_names": "rules",
    "mood_templates": "rules",
    "mood_accounts": "approve",
    "mood_businesses": "approve",
    "mood_badges": "hold",
    "delay_names": 3.0,
    "delay_templates": 3.0,
    "delay_accounts": 1.0,
    "delay_businesses": 20.0,
    "delay_badges": 10.0,
    "slow_delay": 86400.0,
    # The status in which a business portfolio that nobody made is found.
    "business_default": "verified",
    "sent_after": 0.1,
    "delivered_after": 0.4,
    "webhook_batch": 1,
    # 131047, 131050 and 130403 as an HTTP answer or as a failed status: Meta does both.
    "refuse_as": "answer",
    # Permissions that somebody took away from the app, with blanks between them; ``debug_token`` leaves them out.
    "withheld_scopes": "",
    "enforce_hourly_calls": True,
    "enforce_messaging_limit": True,
    "enforce_throughput": True,
    "code_requests_per_hour": 5,
    "code_requests_per_day": 10,
}


class Options:
    """``options["mood_names"]``; unknown names and wrong kinds are refused with ``ValueError``."""

    def __init__(self, store):
        self.store = store
        self.load()

    def load(self):
        self._values = dict(DEFAULTS)
        for row in self.store.all("SELECT key, value FROM option"):
            if row["key"] in DEFAULTS:
                self._values[row["key"]] = json.loads(row["value"])

    def __getitem__(self, key):
        return self._values[key]

    def all(self):
        return dict(self._values)

    def set(self, key, value):
        if key not in DEFAULTS:
            raise ValueError(f"There is no option {key!r}.")
        value = _fitting(key, value, DEFAULTS[key])
        self.store.run(
            "INSERT OR REPLACE INTO option (key, value) VALUES (?, ?)",
            key,
            packed(value),
        )
        self._values[key] = value

    def reset(self):
        self.store.run("DELETE FROM option")
        self._values = dict(DEFAULTS)


def _fitting(key, value, default):
    if isinstance(default, bool):
        return value in (True, 1, "1", "true", "on")
    if isinstance(default, int | float):
        number = type(default)(float(value))
        if number < 0:
            raise ValueError(f"{key} can't be below zero.")
        return number
    if key.startswith("mood_") and value not in MOODS:
        raise ValueError(f"A mood is one of {', '.join(MOODS)}.")
    if key == "refuse_as" and value not in ("answer", "status"):
        raise ValueError("refuse_as is answer or status.")
    return str(value)
