"""How the sender behaves, from the environment; the defaults suit one process on a small machine."""

from dataclasses import dataclass

from config import env


@dataclass(frozen=True, slots=True)
class Options:
    """``in_flight`` requests at once; one business may have half of them, campaigns four fifths."""

    in_flight: int = 400
    lease_seconds: float = 60.0
    """Longer than any request can take, so that an ended lease of an attempt means a dead sender."""
    connect_seconds: float = 5.0
    answer_seconds: float = 20.0
    upload_seconds: float = 90.0
    sweep_seconds: float = 0.5
    drain_seconds: float = 25.0
    idle_number_seconds: float = 10.0

    @property
    def per_business(self):
        return max(1, self.in_flight // 2)

    @property
    def campaigns(self):
        return max(1, self.in_flight * 4 // 5)


def from_environment():
    """``SENDER_IN_FLIGHT``, ``SENDER_LEASE_SECONDS``, ``SENDER_ANSWER_SECONDS``, ``SENDER_DRAIN_SECONDS``."""
    defaults = Options()
    return Options(
        in_flight=env.integer("SENDER_IN_FLIGHT", defaults.in_flight),
        lease_seconds=float(env.text("SENDER_LEASE_SECONDS", str(defaults.lease_seconds))),
        answer_seconds=float(env.text("SENDER_ANSWER_SECONDS", str(defaults.answer_seconds))),
        drain_seconds=float(env.text("SENDER_DRAIN_SECONDS", str(defaults.drain_seconds))),
    )
