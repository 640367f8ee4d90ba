"""What belongs to the installation itself."""

from django.db import models


class Clock(models.Model):
    """The one row that moves the clock of the whole installation (see ``config/clock.py``)."""

    offset_seconds = models.FloatField(default=0)

    class Meta:
        db_table = "config_clock"

    def __str__(self):
        return f"{self.offset_seconds:+.0f} s"


class Beat(models.Model):
    """When each kind of process was last seen at work, by the real clock (for ``/readyz``)."""

    name = models.CharField(max_length=40, unique=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "config_beat"

    def __str__(self):
        return self.name
