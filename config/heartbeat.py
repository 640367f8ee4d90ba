"""Which processes were seen at work, for ``/readyz``. Real time: a moved clock must not make them look dead."""

from datetime import UTC, datetime

from config.models import Beat


def real_now():
    """The present by the clock that nobody moves: for what processes note about themselves."""
    return datetime.now(UTC)


def seen(name):
    """Note that a process of this kind works."""
    Beat.objects.update_or_create(name=name, defaults={"seen_at": real_now()})


def ages():
    """Seconds since each kind of process was last seen."""
    present = real_now()
    return {beat.name: (present - beat.seen_at).total_seconds() for beat in Beat.objects.all()}
