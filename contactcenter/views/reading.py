"""Pages that show: the list, a conversation, parts of both, files."""

import re
import uuid

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_datetime
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from contactcenter import navigation, queries
from contactcenter.models import Conversation, Message
from contactcenter.services import template_files
from contactcenter.services.media import open_file, open_media
from contactcenter.views import common
from tenants.decorators import role_required

MAX_NAMED = 60
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@never_cache
@require_GET
@role_required()
def inbox(request, business_slug):
    """The list; beside it an invitation to open a conversation, or how the first one comes about."""
    context = common.list_context(request)
    template = "contactcenter/_list.html" if common.wants_part(request) else "contactcenter/inbox.html"
    filters = context["filters"]
    context["nothing_yet"] = (
        not context["rows"] and not filters.query and not filters.narrowed and not Conversation.objects.exists()
    )
    return render(request, template, context)


@never_cache
@require_GET
@role_required()
def inbox_rows(request, business_slug):
    """The tabs with their counts, and those of the named conversations that belong into the list that is open."""
    context = common.tabs_context(request)
    filters = context["filters"]
    wanted = _references(request.GET.getlist("ref"))
    found = queries.listed(queries.conversations(filters, request.user).filter(reference__in=wanted))
    context |= {"rows": found, "unread": navigation.counts(request).unread}
    return render(request, "contactcenter/_rows.html", context)


@never_cache
@require_GET
@role_required()
def conversation_detail(request, business_slug, reference):
    """A thread with its list, composer and contact. ``?part=panes`` omits the list, ``?part=around`` messages too."""
    conversation = common.find(reference)
    part = request.GET.get("part")
    if part == "around":
        context = common.conversation_context(request, conversation, with_messages=False)
        return render(request, "contactcenter/_panes.html", context)
    common.seen(request, conversation)
    if part == "panes":
        return render(request, "contactcenter/_panes.html", common.conversation_context(request, conversation))
    return common.render_conversation(request, conversation)


@never_cache
@require_GET
@role_required()
def conversation_messages(request, business_slug, reference):
    """Lines of a thread for an open page: earlier ones (``before``), or what is new since the cursor ``seen``."""
    conversation = common.find(reference)
    before = queries.Cursor.read(request.GET.get("before"))
    if before is not None:
        page = queries.thread_page(conversation, before=before)
    else:
        since = request.GET.get("notes", "").replace(" ", "+")
        page = queries.thread_news(
            conversation,
            seen=queries.Cursor.read(request.GET.get("seen")),
            references=_references(request.GET.getlist("ref")),
            notes_since=_moment(since),
        )
    context = common.thread_context(request, conversation, page, common.person_context(conversation))
    return render(request, "contactcenter/_entries.html", context | {"fragment": True})


@never_cache
@require_GET
@role_required()
def conversation_composer(request, business_slug, reference):
    """The composer alone, for a change of its kind or when the window has just closed."""
    conversation = common.find(reference)
    context = common.person_context(conversation) | common.composer_context(request, conversation)
    context |= {"conversation": conversation, "kept": urlencode(queries.Filters.read(request.GET).parameters())}
    return render(request, "contactcenter/_composer.html", context)


def _moment(text):
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def _references(texts):
    found = []
    for text in texts[:MAX_NAMED]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


@require_GET
@role_required()
def message_media(request, business_slug, reference):
    """The file of a message. Pictures, sounds and videos may be shown in place, everything else is only saved."""
    message = get_object_or_404(Message.objects.select_related("media"), reference=reference, media__isnull=False)
    try:
        return _handed_out(request, open_media(message.media))
    except FileNotFoundError:
        raise Http404 from None


@require_GET
@role_required()
def message_file(request, business_slug, reference, place):
    """A file that the template of a message brought: at the top (place 0) or on a card (1, 2 and so on)."""
    message = get_object_or_404(Message, reference=reference, kind="template")
    shown = template_files.of_messages([message]).get(message.pk, {}).get(place)
    if shown is None:
        raise Http404
    try:
        return _handed_out(request, open_file(shown.file, shown.mime_type, shown.name))
    except FileNotFoundError:
        raise Http404 from None


def _handed_out(request, opened):
    response = _ranged(request, opened)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = content_disposition_header(not opened.inline, opened.file_name)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    response["Accept-Ranges"] = "bytes"
    patch_cache_control(response, private=True, max_age=86400)
    return response


def _ranged(request, opened):
    """Players ask for parts of a file so that one can jump about in it."""
    size = opened.file.seek(0, 2)
    opened.file.seek(0)
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or not any(asked.groups()):
        return FileResponse(opened.file, content_type=opened.content_type)
    first, last = asked.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if begin > end:
        opened.file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    opened.file.seek(begin)
    with opened.file:
        part = opened.file.read(min(end - begin + 1, 4 * 1024 * 1024))
    end = begin + len(part) - 1
    headers = {"Content-Range": f"bytes {begin}-{end}/{size}"}
    return HttpResponse(part, status=206, content_type=opened.content_type, headers=headers)
