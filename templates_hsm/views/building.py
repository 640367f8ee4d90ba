"""Making and changing a template: the start, the builder, and what it asks while somebody types."""

import contextlib
from dataclasses import replace

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from config.templatetags.ui import when_text
from onboarding.models import Waba
from templates_hsm import languages, presenting, reasons
from templates_hsm.components.sending import BODY_LIMIT, OFFER_BODY_LIMIT
from templates_hsm.editor import CAROUSEL, MESSAGE, OFFER, Editor
from templates_hsm.editor_buttons import MOST_BUTTONS
from templates_hsm.examples import all_examples
from templates_hsm.exceptions import HasErrors, NotPossible
from templates_hsm.forms import NewTemplateForm, language_choices
from templates_hsm.linter import apply_fix
from templates_hsm.models import MessageTemplate, TemplateCategory, TemplateStatus
from templates_hsm.preview import preview
from templates_hsm.services import header_media, library, templates
from templates_hsm.views import cards as card_views
from templates_hsm.views.media import header_card, shown_files, with_uploads
from templates_hsm.views.reading import find
from tenants.decorators import role_required
from tenants.enums import MANAGERS


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def template_new(request, business_slug):
    """Begin with a vetted example or with nothing; either makes a draft and opens the builder."""
    wabas = Waba.objects.filter(business=request.business).order_by("pk").prefetch_related("phone_numbers")
    tongue = _example_language(request)
    initial = {"language": tongue, "waba": wabas[0].reference if wabas else None}
    form = NewTemplateForm(request.POST or None, wabas=wabas, initial=initial)
    if request.method == "POST" and form.accounts and form.is_valid():
        definition = _beginning(request.POST.get("start", ""), form)
        if definition is not None:
            template = _create(form.cleaned_data["waba"], definition, actor=request.user)
            return redirect("templates_hsm:template_edit", business_slug, template.reference)
        form.add_error("name", _("Give it a name of small letters, digits and underscores."))
    context = {
        "form": form,
        "examples": [
            (example, preview(example.definition))
            for example in library.entries()
            if languages.base(example.language) == languages.base(tongue)
        ],
        "tabs": [
            {"label": presenting.language_name(code), "url": f"?language={code}", "current": code == tongue}
            for code in dict.fromkeys(example.language for example in all_examples())
        ],
        "nav_key": "templates",
    }
    return render(request, "templates_hsm/template_new.html", context, status=422 if form.errors else 200)


def _example_language(request):
    known = list(dict.fromkeys(example.language for example in all_examples()))
    wanted = request.GET.get("language") or request.business.language
    return next((code for code in known if languages.base(code) == languages.base(wanted)), known[0])


def _beginning(start, form):
    """The definition a new draft begins with, or ``None`` when an empty one has no name."""
    example = library.find(start)
    if example is not None:
        return example.definition
    name = form.cleaned_data["name"].strip()
    if not name:
        return None
    language = form.cleaned_data["language"] or "es"
    content = form.cleaned_data["content"] or "message"
    if content == "code":
        return {"name": name, "language": language, "category": "AUTHENTICATION", "components": _code_parts()}
    empty = {"type": "BODY", "text": ""}
    plain = {"name": name, "language": language, "category": "UTILITY", "components": [empty]}
    return Editor.of(plain).with_content(content).definition()


def _code_parts():
    """What a one-time code begins with (Meta, Authentication templates, 2025-11-14)."""
    return [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 10},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]},
    ]


def _create(waba, definition, *, actor):
    """A draft whose name is free: a taken one gets a number."""
    base, number = definition["name"], 2
    taken = MessageTemplate.objects.filter(waba=waba, language=definition["language"])
    name = base
    while taken.filter(name=name).exclude(status=TemplateStatus.DELETED).exists():
        name, number = f"{base[:500]}_{number}", number + 1
    return templates.create(
        waba,
        name=name,
        language=definition["language"],
        category=definition["category"],
        components=definition["components"],
        parameter_format=definition.get("parameter_format", "POSITIONAL"),
        actor=actor,
    )


# The builder


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def template_edit(request, business_slug, reference):
    """The builder. Each button of it posts the whole form; only saving and sending store anything."""
    posted = request.method == "POST"
    template = find(request, reference, lock=posted)
    if not presenting.editable(template):
        if template.status != TemplateStatus.SUBMITTING:
            messages.warning(request, _("It can't be changed in this status. Make a copy instead."))
        detail = reverse("templates_hsm:template_detail", args=[business_slug, template.reference])
        return HttpResponseClientRedirect(detail) if request.htmx else redirect(detail)
    if not posted:
        return _builder(request, template, Editor.of(template.written))
    editor = typed(request, template)
    action = request.POST.get("action", "")
    editor, problem = with_uploads(request, editor, action)
    verb, _colon, rest = action.partition(":")
    if problem or verb in {"upload", "card"}:
        return _builder(request, template, editor, **problem)
    if action in {"save", "overwrite", "submit"}:
        return _store(request, template, editor, action)
    if verb in card_views.VERBS:
        changed, focus = card_views.acted(editor, verb, rest)
        return _builder(request, template, changed, focus=focus)
    changed, problem = _acted(template, editor, action)
    focus = "field-content" if verb == "content" else ""
    return _builder(request, template, changed, problem=problem, moved=_moved(editor, changed, action), focus=focus)


def typed(request, template):
    """The form as posted. What Meta knows a template by can't change any more."""
    fixed = ("name", "language") if template.provider_id else ()
    if _keeps_category(template):
        fixed += ("category",)
    return Editor.typed(request.POST, template.written, fixed=fixed)


def _keeps_category(template):
    """Meta changes the category of an approved template by itself and lets nobody else do it."""
    return template.status == TemplateStatus.APPROVED


def _moved(editor, changed, action):
    """``(new place, verb)`` of the button that ``action`` moved, so that the focus can follow it."""
    verb, _colon, rest = action.partition(":")
    index = rest.partition(":")[0]
    if verb not in {"up", "down", "move"} or not index.isdecimal() or int(index) >= len(editor.buttons):
        return None
    row = editor.buttons[int(index)]
    return next((at, verb) for at, other in enumerate(changed.buttons) if other is row)


def _acted(template, editor, action):
    """The form after one of its small buttons, and a sentence when there was nothing to do."""
    verb, _colon, rest = action.partition(":")
    index = int(rest) if rest.isdecimal() and len(rest) < 4 else -1
    if verb == "add":
        return editor.with_button(rest), ""
    if verb == "variable":
        return editor.with_variable(), ""
    if verb == "text":
        return editor.without_media(), ""
    if verb == "content":
        changed = editor.with_content(rest)
        return (replace(changed, category=editor.category) if _keeps_category(template) else changed), ""
    if verb == "remove":
        return editor.without_button(index), ""
    if verb in {"up", "down"}:
        return editor.moved_button(index, -1 if verb == "up" else 1), ""
    if verb == "move":
        start, _colon, target = rest.partition(":")
        places = [int(place) if place.isdecimal() and len(place) < 4 else -1 for place in (start, target)]
        return editor.dragged_button(*places), ""
    if verb == "fix":
        definition = editor.definition()
        for finding in templates.findings_of(template, definition):
            if finding.fix and presenting.fix_key(finding) == rest:
                return Editor.of(apply_fix(definition, finding.fix)), ""
        return editor, _("That was settled already.")
    return editor, ""


def _store(request, template, editor, action):
    """Save, and hand in when asked; what goes wrong comes back with everything that was typed."""
    version = template.version if action == "overwrite" else _number(request.POST.get("version"))
    saved = False
    try:
        save_typed(template, editor, version, actor=request.user)
        saved = True
        if action == "submit":
            templates.submit(template, actor=request.user)
            return redirect("templates_hsm:template_detail", request.business.slug, template.reference)
    except NotPossible as exc:
        template.refresh_from_db()
        stale = not saved and version != template.version
        editor = Editor.of(template.written) if saved else editor
        return _builder(request, template, editor, problem=str(exc), stale=stale, saved=saved, status=409)
    except HasErrors:
        problem = _("It wasn't sent, but it is saved. Correct what stops it, then send it again.")
        return _builder(request, template, Editor.of(template.written), problem=problem, status=422)
    messages.success(request, _("Changes saved.") if template.is_changed_in_place else _("Draft saved."))
    return redirect("templates_hsm:template_edit", request.business.slug, template.reference)


def save_typed(template, editor, version, *, actor):
    """Store what was typed unless it stands there already. Raises ``NotPossible`` with the reason."""
    definition = editor.definition()
    if not definition["name"] or len(definition["name"]) > 512:
        raise NotPossible(_("It wasn't saved: a name has 1 to 512 characters."))
    if definition["category"] not in TemplateCategory.values or not languages.is_known(definition["language"]):
        raise NotPossible(_("It wasn't saved: choose a language and a category."))
    fields = {name: definition.get(name, value) for name, value in template.written.items()}
    if fields == template.written:
        return
    templates.save(template, version=version, actor=actor, **fields)


def _number(text):
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


@require_POST
@never_cache
@role_required(*MANAGERS)
def template_check(request, business_slug, reference):
    """The preview and the findings for what stands in the form; nothing is stored."""
    template = find(request, reference)
    editor = typed(request, template)
    context = builder_context(request, template, editor)
    # The samples are replaced only when there are others: nobody loses the field in which they type.
    parts = [("header", editor.header_variables), ("body", editor.body_variables)]
    parts += [(f"card-{index}", card.variables) for index, card in enumerate(editor.cards)]
    context["new_samples"] = [
        {"part": part, "slot": slot, "variables": variables, "items": context["slots"][slot]}
        for part, variables in parts
        for slot in [f"{part}-body_examples" if part.startswith("card-") else f"{part}_examples"]
        if _asked(request, f"{part}-example-") != {name for name, _sample in variables}
    ]
    context["kept_slots"] = {one["slot"] for one in context["new_samples"]}
    return render(request, "templates_hsm/_check.html", context)


def _asked(request, prefix):
    return {key.removeprefix(prefix) for key in request.POST if key.startswith(prefix)}


@require_POST
@never_cache
@role_required(*MANAGERS)
def template_autosave(request, business_slug, reference):
    """Save in the background; the answer is the new version and when, or why not."""
    template = find(request, reference, lock=True)
    version = _number(request.POST.get("version"))
    try:
        save_typed(template, typed(request, template), version, actor=request.user)
    except NotPossible as exc:
        with contextlib.suppress(MessageTemplate.DoesNotExist):
            template.refresh_from_db()
        stale = version != template.version or not presenting.editable(template)
        return JsonResponse({"problem": str(exc), "stale": stale}, status=409 if stale else 422)
    saved = _("saved %(time)s") % {"time": when_text(template.updated_at)}
    return JsonResponse({"version": template.version, "saved": saved})


def _builder(
    request,
    template,
    editor,
    *,
    problem="",
    media_problem="",
    card_problem=(-1, ""),
    stale=False,
    saved=False,
    moved=None,
    focus="",
    status=200,
):
    context = builder_context(request, template, editor, card_problem) | {
        "media_problem": media_problem,
        "moved": moved,
        "focus": focus,
        "problem": problem,
        "stale": stale,
        "version": _number(request.POST.get("version"))
        if request.method == "POST" and status != 422 and not saved
        else template.version,
        "unsaved": editor.definition() != template.written,
        "nav_key": "templates",
    }
    return render(request, "templates_hsm/template_edit.html", context, status=status)


def builder_context(request, template, editor, card_problem=(-1, "")):
    """Everything the builder and its fragments show."""
    definition = editor.definition()
    items = presenting.told(definition, templates.findings_of(template, definition))
    slots = dict(presenting.slots_of(items, len(editor.buttons), [len(card.buttons) for card in editor.cards]))
    files = shown_files(request, definition)
    trouble = presenting.trouble_of(template)
    siblings = MessageTemplate.objects.filter(business=request.business, waba=template.waba, name=template.name)
    return {
        "template": template,
        "status": presenting.status_of(template),
        "editor": editor,
        "slots": slots,
        "rows": [
            {
                "row": row,
                "word": presenting.button_word(row.kind),
                "slot": f"button-{index}",
                "items": slots[f"button-{index}"],
                "last": index == len(editor.buttons) - 1,
            }
            for index, row in enumerate(editor.buttons)
        ],
        "kept": [presenting.part_word(kind) for kind in editor.kept_parts],
        "cards": card_views.card_rows(editor, files, slots, card_problem),
        "shared": card_views.shared_of(editor),
        "body_limit": OFFER_BODY_LIMIT if editor.offer else BODY_LIMIT,
        **_room(editor),
        "nowhere": [(slot, slots[slot]) for slot in _nowhere(editor)],
        "kept_header": presenting.part_word(editor.kept_header) if editor.kept_header else "",
        "may_add": len(editor.buttons) < MOST_BUTTONS,
        "items": items,
        "summary": presenting.summary_of(items, refused=presenting.is_as_refused(template, trouble, definition)),
        "model": preview(definition, files=files),
        "media": header_card(definition, editor, files),
        "accept": header_media.ACCEPT,
        "locked": bool(template.provider_id),
        "in_place": template.is_changed_in_place,
        "keeps_category": _keeps_category(template),
        "categories": _categories(editor, only=editor.category if _keeps_category(template) else ""),
        "languages": language_choices(),
        "language": presenting.language_name(editor.language),
        "siblings": [
            {"template": row, "language": presenting.language_name(row.language), "status": presenting.status_of(row)}
            for row in siblings.exclude(status=TemplateStatus.DELETED).order_by("language")
        ],
        "trouble": trouble,
    }


def _room(editor):
    """Which buttons can still be added before the platform's limits (Meta, Template components, 2025-11-04)."""
    kinds = [row.kind for row in editor.buttons]
    return {
        "has_coupon": "COPY_CODE" in kinds,
        "may_link": kinds.count("URL") < (1 if editor.content == OFFER else 2),
        "may_call": "PHONE_NUMBER" not in kinds and editor.content != OFFER,
    }


def _nowhere(editor):
    """The places of findings whose part of the form isn't shown; they stand at its end."""
    plain = editor.content == MESSAGE and not editor.is_code
    shown = {
        "header": plain or editor.header or editor.media_kind or editor.kept_header or editor.content == OFFER,
        "body_examples": not editor.is_code or editor.body,
        "footer": editor.is_code or editor.footer or editor.content == MESSAGE,
        "buttons": editor.buttons or editor.content != CAROUSEL,
        "content": not editor.is_code or editor.content != MESSAGE,
        "cards": editor.content == CAROUSEL,
    }
    shown["header_examples"] = shown["header"]
    return [slot for slot, is_there in shown.items() if not is_there]


def _categories(editor, only=""):
    """The categories to choose from; one-time codes begin with their example, whose parts they need."""
    codes = list(TemplateCategory.values) if editor.is_code else ["UTILITY", "MARKETING"]
    codes = [only] if only in TemplateCategory.values else codes
    return [(code, TemplateCategory(code).label, reasons.CATEGORIES[code]) for code in codes]
