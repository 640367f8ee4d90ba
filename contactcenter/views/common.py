"""What several pages of the inbox need: finding a conversation, putting a page together, answering a script."""

import uuid
from dataclasses import replace

from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contactcenter import gate, navigation, queries
from contactcenter.forms import NoteForm, ReplyForm, TemplateValuesForm, new_key, templates_for
from contactcenter.models import Conversation, ConversationStatus, Message
from contactcenter.presenting import entries_of
from contactcenter.services import conversations, messages
from contacts.services import consent
from onboarding.models import PhoneNumber
from onboarding.services import chat_links
from templates_hsm.preview import preview
from templates_hsm.views.media import shown_files
from tenants.enums import ANSWERERS
from tenants.models import LiveCounter

MODES = ("reply", "note", "template")
PANES = ("list", "thread", "contact")


def find(reference):
    """The conversation of this business, with what its page needs, or 404."""
    rows = Conversation.objects.select_related("business", "contact", "phone_number", "assignee")
    return get_object_or_404(rows, reference=reference)


def may_write(request):
    """Whether this member may write to contacts."""
    return request.role in ANSWERERS


def wants_part(request):
    """Whether a script asks for a part of the page instead of a redirect or the whole of it."""
    return request.headers.get("X-Part") == "1"


def back(request, conversation):
    """Redirect to the conversation, keeping what the list beside it shows."""
    kept = queries.Filters.read(request.GET).parameters()
    address = conversation.get_absolute_url()
    return redirect(f"{address}?{urlencode(kept)}" if kept else address)


def tabs_context(request):
    """The chosen filters and the tabs with their counts."""
    filters = queries.Filters.read(request.GET)
    counts = navigation.counts(request)._asdict()
    filters = replace(filters, view=filters.view or ("mine" if counts["mine"] else "all"))
    labels = {"mine": _("Mine"), "unassigned": _("Unassigned"), "all": pgettext("conversations", "All")}
    tabs = [
        {
            "label": labels[name],
            "url": f"?{urlencode(filters.parameters(view=name, q=''))}",
            "current": name == filters.view and not filters.query,
            "count": queries.as_counted(counts[name]) if counts.get(name) else "",
        }
        for name in queries.VIEWS
    ]
    return {"filters": filters, "tabs": tabs, "kept": urlencode(filters.parameters())}


def list_context(request, *, current=None):
    """The list pane: tabs, filters and one page of rows."""
    context = tabs_context(request)
    filters = context["filters"]
    after = queries.Cursor.read(request.GET.get("after"))
    rows, next_cursor = queries.conversation_page(filters, request.user, after=after)
    counter = LiveCounter.objects.filter(business=request.business)
    return context | {
        "statuses": ConversationStatus.choices,
        "numbers": list(PhoneNumber.objects.order_by("pk")[:100]),
        "rows": rows,
        "after": after,
        "next_query": urlencode(filters.parameters(after=str(next_cursor))) if next_cursor else "",
        "current": current,
        "may_write": may_write(request),
        "live_number": counter.values_list("last", flat=True).first() or 0,
    }


def person_context(conversation):
    """Who this is, in the words of the inbox."""
    addresses = queries.addresses(conversation.contact)
    name = queries.name_of(conversation.contact, addresses[0] if addresses else "")
    return {"addresses": addresses, "person_name": name or _("Unknown person")}


def thread_context(request, conversation, page, person):
    """The lines of a stretch of a thread."""
    return {
        "conversation": conversation,
        "entries": entries_of(page, contact_name=person["person_name"]),
        "page": page,
        "earlier": str(page.earlier) if page.earlier else "",
        "may_write": may_write(request),
        "resent": page.resent,
    }


def contact_context(conversation):
    """The contact pane: consent with its proof, and the history."""
    return {
        "consent": consent.may_message(conversation.contact, category="utility"),
        "origin": chat_links.origin_of(conversation.phone_number_id, conversation.contact_id),
        "history": queries.history(conversation.contact),
    }


def composer_context(request, conversation, *, mode="", bound=None, failed=None, kept_text=""):
    """The composer: a box for words while the window is open, else the way to a template.

    ``bound`` is the form that was refused, ``failed`` a gate answer or sentences that say why.
    """
    answer = gate.may_send(conversation)
    mode = mode or request.GET.get("compose", "")
    if mode not in MODES or (mode == "reply" and not answer.allowed):
        mode = "reply" if answer.allowed else "template"
    context = {
        "answer": answer,
        "mode": mode,
        "failed": failed,
        "kept_text": kept_text,
        "may_write": may_write(request),
    }
    if not context["may_write"]:
        return context
    if mode == "template":
        return context | template_context(request, conversation, bound=bound)
    if mode == "note":
        return context | {"form": bound or NoteForm(initial={"key": new_key()})}
    quoted = _quoted(request, conversation)
    initial = {"key": new_key(), "reply_to": quoted.reference if quoted else None}
    return context | {"form": bound or ReplyForm(initial=initial), "quoted": quoted}


def _quoted(request, conversation):
    wanted = request.POST.get("reply_to") or request.GET.get("reply_to")
    try:
        reference = uuid.UUID(wanted) if wanted else None
    except ValueError:
        return None
    return Message.objects.filter(conversation=conversation, reference=reference).first() if reference else None


def template_context(request, conversation, *, bound=None):
    """The choice of a template, its variables, the preview and the price."""
    number = conversation.phone_number
    templates = templates_for(number)
    wanted = request.POST.get("template") or request.GET.get("template", "")
    chosen = bound.template if bound is not None else _chosen(templates, wanted, conversation)
    context = {"templates": templates, "template": chosen}
    if chosen is None:
        return context | {"template_answer": None}
    form = bound or TemplateValuesForm(chosen, contact=conversation.contact, initial={"key": new_key()})
    return context | {
        "form": form,
        "model": template_model(request, form),
        "template_answer": gate.may_send(conversation, kind="template", template=chosen),
    }


def template_model(request, form):
    """What a template looks like with the values typed so far and its own files."""
    definition = form.template.definition
    return preview(definition, form.values_so_far(), files=shown_files(request, definition))


def _chosen(templates, wanted, conversation):
    """The template that was asked for, else the first useful one in the person's language."""
    for template in templates:
        if str(template.reference) == wanted:
            return template
    language = (conversation.contact.language or conversation.business.language or "")[:2]
    return next((one for one in templates if one.language[:2] == language), templates[0] if templates else None)


def conversation_context(request, conversation, *, with_messages=True, **composer):
    """Everything right of the list."""
    person = person_context(conversation)
    context = person | {"conversation": conversation, "kept": urlencode(queries.Filters.read(request.GET).parameters())}
    if with_messages:
        before = queries.Cursor.read(request.GET.get("before"))
        page = queries.thread_page(conversation, before=before)
        context |= thread_context(request, conversation, page, person)
    context |= contact_context(conversation) | composer_context(request, conversation, **composer)
    if context["may_write"]:
        context["colleagues"] = conversations.answerers(request.business)
    return context


def render_conversation(request, conversation, *, status=200, **composer):
    """The whole page of a conversation, or only the composer when a script sent the form."""
    if wants_part(request):
        context = person_context(conversation) | composer_context(request, conversation, **composer)
        context |= {"conversation": conversation}
        context["kept"] = urlencode(queries.Filters.read(request.GET).parameters())
        return render(request, "contactcenter/_composer.html", context, status=status)
    context = list_context(request, current=conversation) | conversation_context(request, conversation, **composer)
    pane = request.GET.get("pane")
    context["pane"] = pane if pane in PANES else "thread"
    return render(request, "contactcenter/conversation.html", context, status=status)


def seen(request, conversation):
    """An agent looks at the thread; a viewer's look changes nothing."""
    if may_write(request) and conversation.unread_count:
        messages.mark_read(conversation, by=request.user)
