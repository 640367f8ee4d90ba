"""Pages that send: replies, templates, notes, a first message, another try."""

import uuid

from django.contrib import messages as flash
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from config.clock import now
from contactcenter import gate
from contactcenter.forms import NewConversationForm, NoteForm, ReplyForm, TemplateValuesForm, new_key, templates_for
from contactcenter.models import Message
from contactcenter.services import conversations, messages, outgoing
from contactcenter.services.content import phone
from contactcenter.views import common
from contacts.services import consent, people
from onboarding.models import PhoneNumber
from templates_hsm.models import MessageTemplate
from tenants.decorators import role_required
from tenants.enums import ANSWERERS


def _sent(request, conversation):
    """A script gets a fresh composer, everybody else goes back to the thread."""
    if common.wants_part(request):
        return common.render_conversation(request, conversation)
    return common.back(request, conversation)


@require_POST
@role_required(*ANSWERERS)
def conversation_reply(request, business_slug, reference):
    """Send what was typed, with a file or without. The gate decides here too, whatever the page showed."""
    conversation = common.find(reference)
    form = ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return common.render_conversation(request, conversation, status=422, mode="reply", bound=form)
    data = form.cleaned_data
    try:
        options = {
            "author": request.user,
            "reply_to": _message(conversation, data["reply_to"]) if data["reply_to"] else None,
            "idempotency_key": form.idempotency_key,
        }
        if data["file"]:
            messages.send_media(conversation, data["file"], data["text"], **options)
        else:
            messages.send_text(conversation, data["text"], **options)
    except gate.NotAllowed as refusal:
        return common.render_conversation(
            request, conversation, status=422, failed=refusal.answer, kept_text=data["text"]
        )
    except ValidationError as refusal:
        form.add_error("file" if data["file"] else "text", refusal)
        return common.render_conversation(request, conversation, status=422, mode="reply", bound=form)
    except outgoing.IdempotencyConflict:
        return _changed_after_sending(request, conversation, form, "reply")
    return _sent(request, conversation)


def _changed_after_sending(request, conversation, form, mode):
    """The page was sent, gone back to, changed and sent again: that is another message, so it gets another key."""
    form.data = form.data.copy()
    form.data["key"] = new_key()
    words = _("This page was sent before with another text. Send it again if you mean a second message.")
    form.add_error(None, words)
    return common.render_conversation(request, conversation, status=422, mode=mode, bound=form)


def _message(conversation, reference):
    return get_object_or_404(
        Message.objects.select_related("conversation__phone_number", "conversation__contact", "template"),
        conversation=conversation,
        reference=reference,
    )


@require_POST
@role_required(*ANSWERERS)
def conversation_note(request, business_slug, reference):
    """Keep an internal note."""
    conversation = common.find(reference)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return common.render_conversation(request, conversation, status=422, mode="note", bound=form)
    conversations.add_note(
        conversation, form.cleaned_data["text"], by=request.user, reference=form.cleaned_data["key"] or uuid.uuid4()
    )
    return _sent(request, conversation)


@require_POST
@role_required(*ANSWERERS)
def conversation_template(request, business_slug, reference):
    """Send a template with its values; ``preview`` only shows what it would look like."""
    conversation = common.find(reference)
    template = get_object_or_404(MessageTemplate, reference=_uuid_or_none(request.POST.get("template")))
    form = TemplateValuesForm(template, request.POST, request.FILES, contact=conversation.contact)
    if not form.is_valid():
        return common.render_conversation(request, conversation, status=422, mode="template", bound=form)
    try:
        messages.send_template(
            conversation,
            template,
            form.values(),
            header_file=form.cleaned_data.get("header_file"),
            author=request.user,
            idempotency_key=form.idempotency_key,
        )
    except gate.NotAllowed as refusal:
        return common.render_conversation(
            request, conversation, status=422, mode="template", bound=form, failed=refusal.answer
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return common.render_conversation(request, conversation, status=422, mode="template", bound=form)
    except outgoing.IdempotencyConflict:
        return _changed_after_sending(request, conversation, form, "template")
    return _sent(request, conversation)


def _uuid_or_none(text):
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


@require_POST
@role_required(*ANSWERERS)
def template_preview(request, business_slug):
    """What a template looks like with the values typed so far."""
    template = get_object_or_404(MessageTemplate, reference=_uuid_or_none(request.POST.get("template")))
    form = TemplateValuesForm(template, request.POST)
    context = {"model": common.template_model(request, form)}
    return render(request, "contactcenter/_template_preview.html", context)


@require_POST
@role_required(*ANSWERERS)
def message_resend(request, business_slug, reference, message):
    """Send a failed message, or one whose outcome is unknown, once more."""
    conversation = common.find(reference)
    try:
        messages.resend(_message(conversation, message), author=request.user)
    except gate.NotAllowed as refusal:
        return common.render_conversation(request, conversation, status=422, failed=refusal.answer)
    except ValidationError as refusal:
        return common.render_conversation(
            request, conversation, status=422, failed={"text": " ".join(refusal.messages)}
        )
    return _sent(request, conversation)


@require_http_methods(["GET", "POST"])
@role_required(*ANSWERERS)
def conversation_new(request, business_slug):
    """Write first, with a template, to somebody who agreed to hear from the business."""
    numbers = PhoneNumber.objects.exclude(phone_number_id=None).order_by("pk")
    sending = request.method == "POST" and "send" in request.POST
    given = request.POST if request.method == "POST" else request.GET
    number = _number(numbers, given)
    typed = {name: given.get(name, "") for name in ("to", "name", "source", "wording")}
    initial = typed | {"key": new_key(), "number": getattr(number, "reference", None)}
    form = NewConversationForm(request.POST if sending else None, initial=initial)
    templates = templates_for(number) if number else []
    wanted = given.get("template", "")
    template = next((one for one in templates if str(one.reference) == wanted), templates[0] if templates else None)
    values = None
    if template is not None:
        values = TemplateValuesForm(template, request.POST if sending else None, request.FILES or None)
    failed = None
    if sending and all([form.is_valid(), values is not None and values.is_valid()]):
        try:
            message = _start(request, form, values)
        except gate.NotAllowed as refusal:
            failed = refusal.answer
        except ValidationError as refusal:
            form.add_error("to" if refusal.error_list[0].code == "phone" else None, refusal)
        except outgoing.IdempotencyConflict as conflict:
            return redirect(conflict.message.conversation)
        else:
            flash.success(request, _("The message is on its way."))
            return redirect(message.conversation)
    context = {
        "form": form,
        "values_form": values,
        "template": template,
        "templates": templates,
        "numbers": list(numbers),
        "failed": failed,
        "model": common.template_model(request, values) if template else None,
        "nav_key": "inbox",
    }
    return render(request, "contactcenter/conversation_new.html", context, status=422 if sending else 200)


def _number(numbers, given):
    wanted = _uuid_or_none(given.get("number"))
    return (numbers.filter(reference=wanted).first() if wanted else None) or numbers.first()


def _start(request, form, values):
    """Record the opt-in that was stated, then write; if the gate says no, neither is kept."""
    data = form.cleaned_data
    number = data["number"]
    with transaction.atomic():
        contact = people.get_or_make(number.business_id, phone=phone(data["to"]), name=data["name"])
        if data["source"]:
            consent.record_opt_in(
                contact,
                source=data["source"],
                key=f"by_hand:{data['key'] or uuid.uuid4()}",
                wording=data["wording"],
                proof={"by": str(request.user)},
                occurred_at=now(),
                actor=request.user,
            )
        return messages.start_conversation(
            number,
            contact,
            values.template,
            values.values(),
            author=request.user,
            idempotency_key=form.idempotency_key,
            header_file=values.cleaned_data.get("header_file"),
        )
