"""How a form looks: a field with its label, hint and error beside it, and the summary on top.

The pattern is GOV.UK's (error summary, error message), in our own components. Registered through ``ui``.
"""

from django import forms
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

#: Field name -> autocomplete, where the widget says nothing (WCAG 1.3.5).
AUTOCOMPLETE = {
    "email": "email",
    "first_name": "given-name",
    "last_name": "family-name",
    "full_name": "name",
    "postal_code": "postal-code",
    "country": "country",
    "website": "url",
}


def field(
    bound,
    kind="",
    label="",
    hint=None,
    width="",
    autocomplete="",
    inputmode="",
    placeholder=None,
    rows=None,
    count=False,
    optional=True,
    hints=None,
    ends=None,
    note="",
):
    """Render one bound field whole: label, help, error, control, kept value.

    ``kind`` overrides the look the widget suggests: ``segments`` or ``choices`` for radios, ``checks`` for several
    checkboxes, ``pin`` for six digits. ``width`` is ``s`` or ``m``. ``hints`` and ``ends`` map a choice's value to the
    words under it and at its end. ``count`` shows how many characters of ``max_length`` are used. ``optional=False``
    hides the word "(optional)". ``hint=""`` hides the help text, ``placeholder=False`` the widget's
    own one. Hidden fields render bare.
    """
    if bound.is_hidden:
        return bound.as_widget()
    kind = kind or _kind(bound.field.widget)
    hint = bound.help_text if hint is None else hint
    ids = _ids(bound, hint)
    attrs = {
        "autocomplete": autocomplete or _autocomplete(bound),
        "inputmode": inputmode,
        "rows": rows,
        "aria-describedby": " ".join(ids.values()),
        "aria-invalid": "true" if bound.errors else "",
        "class": _control_class(kind, width, bound.field.widget),
    }
    attrs = {name: text for name, text in attrs.items() if text}
    if placeholder is not None:
        attrs["placeholder"] = placeholder
    if kind == "pin":
        attrs |= {"inputmode": "numeric", "autocomplete": autocomplete or "one-time-code", "maxlength": 12}
    limit = getattr(bound.field, "max_length", None) or bound.field.widget.attrs.get("maxlength")
    value = bound.value()
    context = {
        "bound": bound,
        "kind": kind,
        "id": bound.id_for_label or bound.auto_id,
        "label": label or bound.label,
        "hint": hint,
        "hint_id": ids.get("hint", ""),
        "error_id": ids.get("error", ""),
        "errors": bound.errors,
        "described": " ".join(ids.values()),
        "optional": optional and not bound.field.required,
        "width": width,
        "count": count and limit,
        "limit": limit,
        "used": len(str(value or "")),
        "note": note,
        "arrow": not getattr(bound.field.widget, "allow_multiple_selected", False),
        "accept": bound.field.widget.attrs.get("accept", ""),
    }
    if kind in ("choices", "segments", "checks"):
        context["options"] = _options(bound, hints, ends)
    else:
        context["control"] = bound.as_widget(attrs=attrs)
    return _render("ui/_field.html", context)


def fields(form):
    """Render every field of a form with its defaults, hidden ones included; placeholders, which repeat labels, go."""
    parts = [field(bound, placeholder=False) for bound in form]
    return mark_safe("".join(parts))  # noqa: S308 - each part was rendered by a template


def control(bound, **attrs):
    """Render the bare control of a field with our class and its error wired up, for composed layouts.

    Underscores in the names of ``attrs`` become hyphens: ``{% control form.q aria_label="Search" %}``.
    """
    kind = _kind(bound.field.widget)
    ids = _ids(bound, "")
    extra = {name.replace("_", "-"): text for name, text in attrs.items()}
    extra.setdefault("class", _control_class(kind, "", bound.field.widget))
    if bound.errors:
        extra |= {"aria-invalid": "true", "aria-describedby": ids["error"]}
    return bound.as_widget(attrs={name: text for name, text in extra.items() if text})


def error_summary(*forms_with_errors, level=2):
    """Render what has to be corrected, linked to the fields, once for all the forms given; nothing when all is well."""
    items = []
    for form in forms_with_errors:
        if form is None or not getattr(form, "is_bound", False):
            continue
        for part in getattr(form, "forms", [form]):
            for bound in part:
                target = _target(bound)
                items += [{"target": target, "label": bound.label, "text": text} for text in bound.errors]
            items += [{"target": "", "label": "", "text": text} for text in part.non_field_errors()]
        if hasattr(form, "non_form_errors"):
            items += [{"target": "", "label": "", "text": text} for text in form.non_form_errors()]
    if not items:
        return ""
    return _render("ui/_error_summary.html", {"items": items, "level": level})


def error_prefix(*forms_with_errors):
    """Return "Error: " for the page's title when one of the forms came back with errors."""
    wrong = any(form is not None and form.is_bound and form.errors for form in forms_with_errors)
    return format_html("{} ", _("Error:")) if wrong else ""


def _kind(widget):
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return "checks"
    if isinstance(widget, forms.RadioSelect):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.Textarea):
        return "textarea"
    if isinstance(widget, forms.FileInput):
        return "file"
    if isinstance(widget, forms.PasswordInput):
        return "password"
    if isinstance(widget, forms.MultiWidget):
        return "group"
    return "text"


def _control_class(kind, width, widget):
    base = {"textarea": "textarea", "text": "input", "password": "input", "group": "input"}.get(kind, "")
    own = widget.attrs.get("class", "")
    return " ".join(part for part in (base, f"w-{width}" if width and base == "input" else "", own) if part)


def _ids(bound, hint):
    """Ids as Django names them, so that its own rendering and ours agree."""
    ids = {}
    if hint:
        ids["hint"] = f"{bound.auto_id}_helptext"
    if bound.errors:
        ids["error"] = f"{bound.auto_id}_error"
    return ids


def _autocomplete(bound):
    return bound.field.widget.attrs.get("autocomplete", "") or AUTOCOMPLETE.get(bound.name, "")


def _target(bound):
    """The id of the first control a summary's link should reach."""
    widget = bound.field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple | forms.MultiWidget):
        return f"{bound.auto_id}_0"
    return bound.auto_id


def _options(bound, hints, ends):
    described = {str(value): text for value, text in (hints or getattr(bound.field, "hints", None) or {}).items()}
    ended = {str(value): text for value, text in (ends or getattr(bound.field, "ends", None) or {}).items()}
    options = []
    for choice in bound.subwidgets:
        data = choice.data
        value = "" if data["value"] is None else str(data["value"])
        options.append(
            {
                "id": choice.id_for_label,
                "type": data["type"],
                "name": data["name"],
                "value": value,
                "label": data["label"],
                "checked": data["selected"],
                "disabled": bool(data["attrs"].get("disabled")),
                "hint": described.get(value, ""),
                "end": ended.get(value, ""),
            }
        )
    return options


def _render(template_name, context):
    return mark_safe(render_to_string(template_name, context).strip())  # noqa: S308 - rendered by a template
