"""The inbox, mounted at ``/b/<business_slug>/inbox/``."""

from django.urls import path

from contactcenter.views import handling, reading, writing

app_name = "contactcenter"

urlpatterns = [
    path("", reading.inbox, name="inbox"),
    path("rows/", reading.inbox_rows, name="inbox_rows"),
    path("new/", writing.conversation_new, name="conversation_new"),
    path("template-preview/", writing.template_preview, name="template_preview"),
    path("media/<uuid:reference>/", reading.message_media, name="message_media"),
    path("media/<uuid:reference>/<int:place>/", reading.message_file, name="message_file"),
    path("<uuid:reference>/", reading.conversation_detail, name="conversation_detail"),
    path("<uuid:reference>/messages/", reading.conversation_messages, name="conversation_messages"),
    path("<uuid:reference>/composer/", reading.conversation_composer, name="conversation_composer"),
    path("<uuid:reference>/reply/", writing.conversation_reply, name="conversation_reply"),
    path("<uuid:reference>/note/", writing.conversation_note, name="conversation_note"),
    path("<uuid:reference>/template/", writing.conversation_template, name="conversation_template"),
    path("<uuid:reference>/messages/<uuid:message>/resend/", writing.message_resend, name="message_resend"),
    path("<uuid:reference>/assign/", handling.conversation_assign, name="conversation_assign"),
    path("<uuid:reference>/resolve/", handling.conversation_resolve, name="conversation_resolve"),
    path("<uuid:reference>/reopen/", handling.conversation_reopen, name="conversation_reopen"),
    path("<uuid:reference>/read/", handling.conversation_read, name="conversation_read"),
]
