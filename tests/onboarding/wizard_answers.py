"""A company's answers to every question of the wizard, as a browser posts them."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from onboarding.models import OnboardingApplication
from onboarding.services import answers, applications, documents, name_checks, screenings, statement
from tenants.tenancy import business_scope
from tests.papers import pdf

ANSWERS = {
    "screening": {
        "activity": "Recogemos paquetes en Cali y los entregamos en el Valle del Cauca. Avisamos cada entrega.",
        "sector": "TRAVEL",
        "recipient_countries": ["CO"],
        "other_countries": "Ecuador, Panamá",
        "website": "enviosdelvalle.example",
    },
    "company": {
        "brand": "Envíos del Valle",
        "legal_name": "Envíos del Valle S. A. S.",
        "country": "CO",
        "tax_id": "213.123.432-1",
    },
    "address": {
        "address": "Calle 25 Norte # 6-41, bodega 3",
        "city": "Cali",
        "region": "Valle del Cauca",
        "postal_code": "760045",
    },
    "documents": {},
    "facebook": {
        "facebook_page": "facebook.com/enviosdelvalle",
        "facebook_business_id": "506914307656634",
    },
    "number": {"phone_region": "CO", "phone": "602 485 0199", "code_method": "VOICE"},
    "display-name": {"display_name": "Envíos del Valle", "name_is_permanent": "on"},
    "contact": {
        "contact_name": "Carolina Rengifo",
        "contact_email": "carolina@enviosdelvalle.example",
        "contact_phone": "315 555 0142",
    },
}


SAVED = {
    "activity": ANSWERS["screening"]["activity"],
    "sector": "TRAVEL",
    "recipient_countries": ["CO", "EC", "PA"],
    "website": "https://enviosdelvalle.example",
    **ANSWERS["company"],
    **ANSWERS["address"],
    "facebook_page": "https://www.facebook.com/enviosdelvalle",
    "facebook_business_id": "506914307656634",
    "phone": "+576024850199",
    "code_method": "VOICE",
    "display_name": "Envíos del Valle",
    "name_is_permanent": True,
    "contact_name": "Carolina Rengifo",
    "contact_email": "carolina@enviosdelvalle.example",
    "contact_phone": "+573155550142",
}
"""The same answers as they are stored."""


def upload(name="certificado.pdf", content=None):
    """A file as a browser posts it."""
    return SimpleUploadedFile(name, pdf(name) if content is None else content)


def hand_in_papers(application, user):
    """Every required document of an application."""
    for paper in documents.missing(application):
        documents.add(application, paper.kind, upload(f"{paper.kind}.pdf"), actor=user)


def complete(business, user):
    """A draft in which every question is answered and the statement signed, without walking through the pages."""
    with business_scope(business):
        application = applications.start(business, actor=user)
        application = answers.save(application, SAVED, seen_version=application.version)
        hand_in_papers(application, user)
        screenings.refresh(application)
        name_checks.request(application)
        shown = statement.shown_digest(statement.text(application))
        return statement.sign(application, name="Carolina Rengifo", shown=shown, address="127.0.0.1", actor=user)


class Applicant:
    """A person in front of the pages of one business; it reads the hidden fields as a browser would send them."""

    def __init__(self, business, user, language="es"):
        self.business, self.user = business, user
        self.client = Client(headers={"accept-language": language})
        self.client.force_login(user)
        self.root = f"/b/{business.slug}/onboarding"

    def application(self):
        with business_scope(self.business):
            return OnboardingApplication.objects.filter(business=self.business).order_by("-pk").first()

    def version(self):
        return self.application().version

    def start(self):
        return self.client.post(f"{self.root}/start/")

    def get(self, path=""):
        return self.client.get(f"{self.root}/{path}")

    def answer(self, slug, *, version=None, **changed):
        if slug == "documents":
            return self.hand_in(incorporation=upload("camara.pdf"), tax_record=upload("rut.pdf"))
        data = ANSWERS[slug] | {"seen_version": self.version() if version is None else version} | changed
        return self.client.post(f"{self.root}/step/{slug}/", data)

    def hand_in(self, *, press=None, **files):
        """Post the page of the documents: kind=file, and which button was pressed."""
        return self.client.post(f"{self.root}/step/documents/", files | ({press: "1"} if press else {}))

    def sign(self, **changed):
        page = self.get("step/signing/")
        shown = page.context["form"]["shown"].value()
        data = {"shown": shown, "signed_name": "Carolina Rengifo", "agreed": "on"} | changed
        return self.client.post(f"{self.root}/step/signing/", data)

    def answer_all(self):
        """Be where somebody is who has answered everything."""
        complete(self.business, self.user)

    def send(self, version=None):
        return self.client.post(f"{self.root}/check/", {"seen_version": self.version() if version is None else version})
