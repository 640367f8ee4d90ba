"""The addresses of onboarding: the advisor for everybody, the application and the numbers of one business."""

from django.urls import include, path

from onboarding import badge_urls, channel_urls, connect_urls, reach_urls
from onboarding.views import (
    activation,
    activation_trouble,
    advisor,
    fragments,
    further_numbers,
    messages,
    number_life,
    numbers,
    parts,
    reminders,
    signing,
    status,
    wizard,
)

app_name = "onboarding"

journey = [
    path("", status.home, name="overview"),
    path("start/", wizard.start, name="start"),
    path("step/<slug:slug>/", wizard.step, name="step"),
    path("verdict/", wizard.verdict, name="verdict"),
    path("check/", wizard.check, name="check"),
    path("signature/", signing.signature, name="signature"),
    path("signature/<uuid:reference>/pdf/", signing.signature_pdf, name="signature_pdf"),
    path("colleagues/", parts.ask, name="ask_part"),
    path("colleagues/<uuid:reference>/revoke/", parts.revoke, name="revoke_part"),
    path("timeline/", status.timeline, name="timeline"),
    path("again/", status.ask_again, name="ask_again"),
    path("correct/", status.correct, name="correct"),
    path("messages/", messages.write, name="write_message"),
    path("name/", status.propose_name, name="propose_name"),
    path("name/findings/", fragments.name_findings, name="name_findings"),
    path("name/copy/<int:pk>/", fragments.site_copy, name="site_copy"),
    path("number/facts/", fragments.number_facts, name="number_facts"),
    path("activation/", activation.activation, name="activation"),
    path("activation/progress/", activation.activation_progress, name="activation_progress"),
    path("activation/request/", activation.request_code, name="request_code"),
    path("activation/code/", activation.enter_code, name="enter_code"),
    path("activation/pin/", activation.show_pin, name="show_pin"),
    path("activation/known-pin/", activation_trouble.known_pin, name="known_pin"),
    path("activation/replace-pin/", activation_trouble.replace_pin, name="replace_pin"),
    path("activation/free/", activation_trouble.number_is_free, name="number_is_free"),
]

urlpatterns = [
    path("advisor/", advisor.advisor, name="advisor"),
    path("part/<str:token>/", parts.part, name="part"),
    path("reminders/<str:token>/", reminders.reminders, name="reminders"),
    path("signatures/<uuid:reference>/", signing.verify, name="verify_signature"),
    path("signatures/<uuid:reference>/record/", signing.signature_record, name="signature_record"),
    path("b/<slug:business_slug>/onboarding/", include(journey)),
    path("b/<slug:business_slug>/onboarding/", include(connect_urls.journey)),
    *connect_urls.public,
    path("b/<slug:business_slug>/", include(reach_urls.business)),
    *reach_urls.public,
    path("b/<slug:business_slug>/numbers/", numbers.numbers, name="numbers"),
    path("b/<slug:business_slug>/numbers/further/", further_numbers.further, name="further_numbers"),
    path(
        "b/<slug:business_slug>/numbers/further/<uuid:reference>/withdraw/",
        further_numbers.withdraw,
        name="withdraw_number",
    ),
    path("b/<slug:business_slug>/numbers/<uuid:reference>/", numbers.number, name="number"),
    path("b/<slug:business_slug>/numbers/<uuid:reference>/name/", number_life.rename, name="rename"),
    path(
        "b/<slug:business_slug>/numbers/<uuid:reference>/name/withdraw/",
        number_life.withdraw_renaming,
        name="withdraw_renaming",
    ),
    path("b/<slug:business_slug>/numbers/<uuid:reference>/pin/", number_life.show_pin, name="number_pin"),
    path("b/<slug:business_slug>/numbers/<uuid:reference>/pin/new/", number_life.new_pin, name="new_pin"),
    path("b/<slug:business_slug>/numbers/<uuid:reference>/badge/", include(badge_urls.patterns)),
    path("b/<slug:business_slug>/numbers/<uuid:reference>/channel/", include(channel_urls.patterns)),
]
