"""Which processes were seen at work, for ``/readyz``. Real time: a moved clock must not make them look dead."""

from datetime import UTC, datetime

from config.models import Beat


def seen(name):
    """Note that a process of this kind works."""
    Beat.objects.update_or_create(name=name, defaults={"seen_at": datetime.now(UTC)})


def ages():
    """Seconds since each kind of process was last seen."""
    present = datetime.now(UTC)
    return {beat.name: (present - beat.seen_at).total_seconds() for beat in Beat.objects.all()}
