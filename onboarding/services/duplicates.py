"""Companies that apply twice, across all businesses. Only the staff's admin asks; no page of a business may."""

from onboarding.likeness import compact, folded, keys_of, site
from onboarding.models import ApplicationKey
from tenants.tenancy import every_business

SERIOUS = frozenset({ApplicationKey.Kind.TAX_ID, ApplicationKey.Kind.PORTFOLIO, ApplicationKey.Kind.PHONE})
"""Two companies can share a name or a website's host, but not these."""
SHOWN = 20


def index(application):
    """Bring the traits of an application up to date (inside a scope that may write its rows)."""
    wanted = keys_of(application)
    present = {(key.kind, key.value): key.pk for key in application.keys.all()}
    stale = [pk for trait, pk in present.items() if trait not in wanted]
    if stale:
        ApplicationKey.objects.filter(pk__in=stale).delete()
    new = [
        ApplicationKey(business_id=application.business_id, application=application, kind=kind, value=value)
        for kind, value in sorted(wanted - present.keys())
    ]
    if new:
        ApplicationKey.objects.bulk_create(new, ignore_conflicts=True)


def of(application):
    """Applications of other businesses with a trait of this one: ``[(application, {kind, …}), …]``, serious first."""
    with every_business():
        index(application)
        found = {}
        for kind, value in sorted(keys_of(application)):
            rows = ApplicationKey.objects.filter(kind=kind, value=value)
            rows = rows.exclude(business_id=application.business_id).select_related("application__business")
            for row in rows[:SHOWN]:
                found.setdefault(row.application_id, (row.application, set()))[1].add(ApplicationKey.Kind(kind))
    rank = sorted(found.values(), key=lambda pair: (not pair[1] & SERIOUS, -len(pair[1]), -pair[0].pk))
    return rank[:SHOWN]


def search(term):
    """Primary keys of applications with this tax ID, number, Business ID or site, or a name beginning so."""
    exact = {compact(term), site(term), folded(term)} - {""}
    name = folded(term)
    with every_business():
        found = set(ApplicationKey.objects.filter(value__in=exact).values_list("application_id", flat=True)[:200])
        if len(name) > 1:
            begins = ApplicationKey.objects.filter(
                kind=ApplicationKey.Kind.NAME, value__gte=name, value__lt=name + "\U0010ffff"
            )
            found |= set(begins.values_list("application_id", flat=True)[:200])
    return found
