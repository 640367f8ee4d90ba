"""Whose data may be seen: a query for tenant data without a scope raises, and PostgreSQL refuses the row as well.

A scope opens or joins a transaction and tells PostgreSQL whose rows it may show (``app.business``), so commit,
rollback, a crash and a connection pool each end it. Nothing that waits for a network runs inside a scope.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, models, transaction

EVERY = "all"
"""The word in ``app.business`` that the row-level policies take for every business."""

_scope = ContextVar("business_scope", default=None)


class NoBusinessScope(RuntimeError):
    """Tenant data was asked for before anyone said whose."""


class WrongBusinessScope(RuntimeError):
    """A scope of one business was opened inside the scope of another."""


class Scope:
    """Whose rows are visible (``business_id``, or ``None`` for every business), and what to do before commit."""

    __slots__ = ("business_id", "before_commit")

    def __init__(self, business_id, before_commit):
        self.business_id = business_id
        self.before_commit = before_commit

    @property
    def setting(self):
        return EVERY if self.business_id is None else str(self.business_id)


def current_scope():
    """The innermost open scope; raises ``NoBusinessScope`` when there is none."""
    scope = _scope.get()
    if scope is None:
        raise NoBusinessScope("Tenant data was asked for outside a business scope.")
    return scope


@contextmanager
def business_scope(business):
    """Work on behalf of one business (an instance or its primary key) in a transaction.

    Inside ``every_business()`` it narrows the view; inside another business's scope it raises
    ``WrongBusinessScope``, because one transaction must not mix two businesses by accident.
    """
    business_id = business if isinstance(business, int) else business.pk
    outer = _scope.get()
    if outer is not None and outer.business_id not in (None, business_id):
        raise WrongBusinessScope(f"Already working for business {outer.business_id}, not {business_id}.")
    with _open(business_id):
        yield


@contextmanager
def every_business():
    """Open all businesses: the staff admin, webhook routing, the first look of a sweep. Search for it: few places."""
    with _open(None):
        yield


@contextmanager
def acting_for(model, pk):
    """Load one row and work on behalf of the business that owns it."""
    with every_business():
        row = model.objects.select_related("business").get(pk=pk)
    with business_scope(row.business):
        yield row


@contextmanager
def _open(business_id):
    outer = _scope.get()
    joins = connection.in_atomic_block
    with transaction.atomic():
        scope = Scope(business_id, outer.before_commit if outer else {})
        token = _scope.set(scope)
        try:
            _tell_postgresql(scope.setting)
            yield scope
            if outer is None:
                for act in list(scope.before_commit.values()):
                    act()
        finally:
            _scope.reset(token)
        if outer is not None:
            _tell_postgresql(outer.setting)
        elif joins:
            _tell_postgresql("")  # the caller's own transaction goes on: it must not keep our rights


def _tell_postgresql(setting):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.business', %s, true)", [setting])


class BusinessQuerySet(models.QuerySet):
    """Rows of one business; ``bulk_create`` and friends go through the same policies."""


class BusinessManager(models.Manager.from_queryset(BusinessQuerySet)):  # type: ignore[misc]  # Django makes the base
    """Answers only inside a scope, and within a business's scope only with that business's rows."""

    use_in_migrations = False

    def get_queryset(self):
        scope = _scope.get()
        if scope is None:
            raise NoBusinessScope(f"{self.model.__name__} was queried outside a business scope.")
        rows = super().get_queryset()
        return rows if scope.business_id is None else rows.filter(business_id=scope.business_id)


def owner(**more):
    """The foreign key to a row's business. Tables that are written with each message name it themselves: without an
    index of its own where another one begins with the business, and without a constraint where the row hangs on
    another row of the same business (checking one costs a lookup and a row lock for each row written)."""
    return models.ForeignKey("tenants.Business", on_delete=models.PROTECT, related_name="+", **more)


class BusinessOwned(models.Model):
    """A row that belongs to one business. Its table gets a forced row-level policy (``tenants/rls.py``)."""

    business = owner()

    objects = BusinessManager()

    class Meta:
        abstract = True
