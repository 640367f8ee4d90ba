"""From a draft to a live number, as an applicant, a reviewer, Meta and the telephone together do it."""

from datetime import timedelta

from django.conf import settings
from django.utils import translation

from config import clock
from config.clock import now
from contactcenter.demo.papers import paper
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.models import OnboardingApplication, OnboardingStep, PhoneNumber, Waba
from onboarding.services import (
    answers,
    applications,
    documents,
    name_checks,
    polls,
    screenings,
    statement,
    step_runner,
    steps,
)
from providers.sandbox.companies import COMPANIES
from tenants.tenancy import business_scope

OFFICE_ADDRESS = "203.0.113.24"
"""From where the demo's people sign (RFC 5737: nobody's)."""


BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Applicant:
    """One business on its way. Each verb does nothing when it was done before, so that a broken run can go on."""

    def __init__(self, stage, business, story, *, owner, staff):
        self.stage, self.business, self.story = stage, business, story
        self.owner, self.staff = owner, staff
        self.company = COMPANIES[story["company"]]

    def application(self):
        with business_scope(self.business):
            return self._present()

    def _present(self):
        found = OnboardingApplication.objects.filter(business=self.business, parent=None).order_by("-pk").first()
        if found is not None:
            found.business = self.business
        return found

    def _stands_at(self, *statuses):
        application = self.application()
        return application if application is not None and application.status in statuses else None

    # The business

    def begin(self, upto=""):
        """Start the application and answer its pages, up to the page ``upto`` (all by default)."""
        with business_scope(self.business), translation.override(self.business.language):
            application = applications.start(self.business, actor=self.owner)
            application.business = self.business
            if application.status != Status.DRAFT or application.contact_email:
                return
            for page, values in self._pages():
                if page == "signature":
                    self._sign(application)
                elif page == "documents":
                    self._hand_in_papers(application)
                else:
                    application = answers.save(application, values, seen_version=application.version)
                    if page == "activity":
                        self._screen(application)
                if page == upto:
                    break

    def _pages(self):
        company, story = self.company, self.story
        yield (
            "activity",
            {
                "activity": story["activity"],
                "sector": story["sector"],
                "recipient_countries": story["recipients"],
                "website": f"http://127.0.0.1:{settings.SANDBOX_PORT}/sites/{company.slug}/",
            },
        )
        yield "signature", {}
        yield (
            "company",
            {
                "brand": company.brand,
                "legal_name": company.legal_name,
                "country": company.country,
                "tax_id": company.tax_id.removeprefix("GB "),
            },
        )
        yield (
            "address",
            {
                "address": story.get("address", company.address),
                "city": company.city,
                "region": company.region,
                "postal_code": company.postal_code,
            },
        )
        yield "documents", {}
        yield (
            "facebook",
            {
                "facebook_page": f"https://www.facebook.com/{company.slug.replace('-', '')}",
                "facebook_business_id": story["facebook_business_id"],
            },
        )
        yield "number", {"phone": company.phone, "code_method": story.get("code_method", "VOICE")}
        yield "name", {"display_name": story.get("display_name", company.brand), "name_is_permanent": True}
        yield (
            "contact",
            {
                "contact_name": story["contact"][0],
                "contact_email": story["contact"][1],
                "contact_phone": story["contact"][2],
            },
        )

    def _screen(self, application):
        screenings.refresh(application)
        if "contest" in self.story:
            screenings.contest(application, self.story["contest"], actor=self.owner)

    def _sign(self, application):
        shown = statement.shown_digest(statement.text(application))
        name = self.story["contact"][0]
        statement.sign(application, name=name, shown=shown, address=OFFICE_ADDRESS, agent=BROWSER, actor=self.owner)

    def _hand_in_papers(self, application):
        for asked in documents.missing(application):
            page = paper(documents.title(asked), asked.issuer, self.company)
            documents.add(application, asked.kind, page, actor=self.owner)

    def read_website(self):
        """Let the display name be compared with the company's website, as the wizard's page asks for it."""
        with business_scope(self.business), translation.override(self.business.language):
            check = name_checks.request(self._present())
        if check is not None and check.checked_at is None:
            name_checks.run(check.pk)

    def submit(self):
        """Answer everything and send the application to review."""
        self.begin()
        if self._stands_at(Status.DRAFT):
            self.read_website()
            with business_scope(self.business), translation.override(self.business.language):
                application = self._present()
                if not screenings.is_settled(application):
                    self._screen(application)
                applications.submit(application, actor=self.owner)
        return self

    # The reviewer

    def claim(self):
        """A reviewer takes it off the queue."""
        if application := self._stands_at(Status.SUBMITTED):
            with business_scope(self.business), translation.override(self.business.language):
                applications.claim(application, actor=self.staff)

    def decide(self, verb, *args):
        """``approve``, ``request_changes`` or ``reject``, half an hour after the reviewer took it."""
        if self._stands_at(Status.SUBMITTED):
            with clock.frozen(now() - timedelta(minutes=30)):
                self.claim()
            with business_scope(self.business), translation.override(self.business.language):
                getattr(applications, verb)(self._present(), *args, actor=self.staff)

    # Meta and the number

    def reach(self, kind, *states):
        """Let the due steps run until ``kind`` is in one of ``states``."""
        wanted = states or (StepState.DONE,)

        def there():
            with business_scope(self.business):
                if OnboardingStep.objects.filter(
                    application__business=self.business, kind=kind, state__in=[*wanted, StepState.DONE]
                ).exists():
                    return True
            step_runner.run_due()
            return False

        self.stage.wait(f"{kind} of {self.business}", there)

    def get_name_approved(self):
        """The number is at Meta; the reviewer there approves its name and we hear of it."""
        self.reach(StepKind.NAME_REVIEW, StepState.WAITING_FOR_META)
        number = self.number()
        if number.name_status != "approved":
            open_reviews = {row["subject"] for row in self.stage.look("reviews")["reviews"]}
            if number.phone_number_id in open_reviews:
                self.stage.do("decide", kind="names", subject=number.phone_number_id, approve=True)

            look = self.stage.when_impatient(lambda: self._look(number))

            def heard():
                look()
                return self.number().name_status == "approved"

            self.stage.wait(f"the display name of {self.business}", heard)
        self.reach(StepKind.CODE_REQUESTED, StepState.WAITING_FOR_BUSINESS)

    def _look(self, number):
        with business_scope(self.business):
            Waba.objects.filter(pk=number.waba_id).update(next_poll_at=now())
        polls.poll(number.waba_id)

    def activate(self):
        """Ask for the code, read it on the telephone, enter it; the number is registered."""
        application = self.application()
        if self._done(StepKind.REGISTERED):
            return
        if not self._done(StepKind.CODE_VERIFIED):
            language = {"es": "es", "pt-br": "pt_BR"}.get(self.business.language, "en_US")
            if not self._done(StepKind.CODE_REQUESTED):
                with business_scope(self.business):
                    method = application.code_method
                    steps.request_code(application, method=method, language=language, key="demo", actor=self.owner)
                self.reach(StepKind.CODE_REQUESTED)
            self.reach(StepKind.CODE_VERIFIED, StepState.WAITING_FOR_BUSINESS)
            if not self._done(StepKind.CODE_VERIFIED):
                code = self.stage.look("sms", phone=application.phone.lstrip("+"))["sms"][0]["code"]
                with business_scope(self.business):
                    steps.enter_code(application, code=code, key=f"demo-{code}", actor=self.owner)
        self.reach(StepKind.REGISTERED)
        self.reach(StepKind.PROFILE)

    def _done(self, kind):
        with business_scope(self.business):
            return OnboardingStep.objects.filter(
                application__business=self.business, kind=kind, state=StepState.DONE
            ).exists()

    def number(self):
        """The business's number, with its account."""
        with business_scope(self.business):
            return PhoneNumber.objects.select_related("waba", "business").filter(business=self.business).first()
