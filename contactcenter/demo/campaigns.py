"""A campaign that ran yesterday: everybody who wrote hears of new opening hours; two lines of its list were broken."""

from django.core.files.uploadedfile import SimpleUploadedFile

from contactcenter.campaigns import lifecycle, mapping, preparing, releasing
from contactcenter.models import Campaign, CampaignState
from contacts.models import Identity, IdentityKind
from templates_hsm.models import MessageTemplate, TemplateStatus
from tenants.tenancy import business_scope

NAME = "Aviso de la semana"
OVER = {CampaignState.DONE, CampaignState.STOPPED, CampaignState.CANCELLED}
FILLED_WITH = "esta semana"


def tell(stage, business, number, *, actor):
    """Make the campaign, let it go and wait until it is over; does nothing where it is."""
    with business_scope(business):
        row = Campaign.objects.filter(name=NAME).first() or _make(business, number, actor)
        if row is None or row.state in OVER:
            return
        if row.state == CampaignState.DRAFT:
            lifecycle.check(row, actor=actor)
    preparing.run_due()
    with business_scope(business):
        row = lifecycle.locked(row)
        if row.state == CampaignState.READY and row.will_get:
            lifecycle.start(row, actor=actor, quiet=(None, None))
    if row.will_get:
        stage.wait(f"the campaign of {business}", lambda: _is_over(row), 20)


def _make(business, number, actor):
    """A draft with a list of all whose number is known, or ``None`` without a template that a list can fill."""
    rows = MessageTemplate.objects.filter(
        waba=number.waba_id, status=TemplateStatus.APPROVED, category="UTILITY", language="es"
    )
    template = next((one for one in rows.order_by("name") if mapping.can_be_mapped(one.definition)), None)
    if template is None:
        return None
    known = Identity.objects.filter(business=business, kind=IdentityKind.WA_ID, contact__merged_into=None)
    people = known.order_by("pk").values_list("value", "contact__name")[:200]
    lines = ["celular,nombre", *(f"+{digits},{name.replace(',', ' ')}" for digits, name in people)]
    lines += ["+57 300 12,Cortado", ",Sin número"]
    row = lifecycle.create(NAME, number, template, actor=actor)
    lifecycle.choose_list(row, SimpleUploadedFile("clientes.csv", "\n".join(lines).encode()))
    row = lifecycle.locked(row)
    filled = {key: rule | {"text": rule["text"] or FILLED_WITH} for key, rule in row.mapping.items()}
    return lifecycle.choose_values(row, filled, country=business.country)


def _is_over(row):
    releasing.feed(row.pk, row.business_id)
    with business_scope(row.business_id):
        return Campaign.objects.filter(pk=row.pk, state__in=OVER).exists()
