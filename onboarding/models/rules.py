"""What staff set in the rulebook, and the data files that verdicts were reached with. Both belong to no business."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now


class HouseRuleChange(models.Model):
    """One change of a house rule: added by ``services.house_rules``, never overwritten, never before its own day.

    The value of any moment is the newest line that had begun. A change that hasn't begun yet can be withdrawn.
    """

    rule = models.CharField(_("rule"), max_length=80, db_index=True)
    old = models.JSONField(_("before"))
    new = models.JSONField(_("after"))
    valid_from = models.DateTimeField(_("holds from"))
    reason = models.TextField(_("reason"))
    set_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    set_by_label = models.CharField(_("changed by"), max_length=200)
    set_at = models.DateTimeField(_("changed"), default=now)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by_label = models.CharField(max_length=200, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = _("change of a house rule")
        verbose_name_plural = _("changes of house rules")
        ordering = ["-set_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__gte=models.F("set_at")), name="houserulechange_never_backdated"
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(withdrawn_at__lt=models.F("valid_from")),
                name="houserulechange_withdrawn_before_it_began",
            ),
        ]

    def __str__(self):
        return self.rule

    def save(self, *args, **kwargs):
        """Only additions: what was set once stays as it was set."""
        if not self._state.adding:
            raise TypeError("A change of a house rule is never overwritten. Add another one.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("A change of a house rule is never deleted. Add another one.")


class RulebookEdition(models.Model):
    """The data files of one folder as they were when a verdict was reached with them, to reach it again."""

    folder = models.CharField(max_length=30)
    fingerprint = models.CharField(max_length=12)
    content = models.BinaryField()
    """Compressed JSON: path to text."""
    first_used_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("edition of the rulebook")
        verbose_name_plural = _("editions of the rulebook")
        constraints = [models.UniqueConstraint(fields=["folder", "fingerprint"], name="rulebookedition_once")]

    def __str__(self):
        return f"{self.folder} {self.fingerprint}"
