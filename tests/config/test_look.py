"""The look: tags, fragments, layouts. Nothing here needs a database."""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.template import engines
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import translation

from config import navigation
from config.clock import now
from config.templatetags import ui

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "config" / "templates"


def render(source, **context):
    return engines["django"].from_string(source).render(context)


class Sample(forms.Form):
    name = forms.CharField(help_text="As registered")
    notes = forms.CharField(widget=forms.Textarea, required=False, max_length=20)
    way = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    sure = forms.BooleanField()


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def test_every_icon_named_by_a_template_is_in_the_sprite():
    sprite = set(re.findall(r'id="i-([a-z]+)"', (ROOT / "config/static/icons.svg").read_text()))
    named = {}
    for app in ROOT.iterdir():
        for template in (app / "templates").rglob("*.html") if app.is_dir() and not app.name.startswith(".") else []:
            for name in re.findall(r'{%-? icon "([^"]+)"', template.read_text()):
                named.setdefault(name, template)
    assert named
    assert {name: path for name, path in named.items() if name not in sprite} == {}


def test_no_template_carries_inline_style_or_script():
    offenders = []
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        if re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", text):
            offenders.append(str(template.relative_to(TEMPLATES)))
    assert offenders == []


def test_every_template_of_ours_compiles():
    for template in TEMPLATES.rglob("*.*"):
        get_template(str(template.relative_to(TEMPLATES)))


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500", "503"])
def test_error_pages_render_without_request_context_or_database(code):
    page = get_template(f"{code}.html").render()
    assert f"Error {code[:3]}" in page
    assert "<form" not in page
    assert 'lang="en"' in page


def test_a_field_in_error_is_described_by_its_help_and_its_error_and_keeps_its_value():
    form = Sample({"name": "", "notes": "x" * 21, "way": "b"})
    name = render("{% field form.name %}", form=form)
    assert 'aria-describedby="id_name_helptext id_name_error"' in name
    assert 'aria-invalid="true"' in name
    assert 'id="id_name_error"' in name and 'id="id_name_helptext"' in name
    notes = render("{% field form.notes count=True %}", form=form)
    assert "x" * 21 in notes and "21 of 20" in notes and "(optional)" in notes
    way = render("{% field form.way %}", form=form)
    assert way.count("<fieldset") == 1 and re.search(r'value="b"[^>]* checked', way)
    assert not re.search(r'value="a"[^>]* checked', way)


def test_a_field_without_errors_says_nothing_about_errors():
    name = render("{% field form.name %}", form=Sample())
    assert "invalid" not in name and "_error" not in name


def test_values_typed_by_people_are_escaped_everywhere():
    evil = "<script>alert(1)</script>"
    form = Sample({"name": evil, "notes": evil, "way": evil})
    page = render(
        "{% error_summary form %}{% fields form %}{% avatar evil alone=True %}{% status_badge 'ok' evil %}"
        "{% answers evil evil evil %}{% phone_preview evil %}{{ evil }}{% endphone_preview %}",
        form=form,
        evil=evil,
    )
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_error_summary_links_to_the_first_control_of_each_field_and_is_silent_otherwise():
    assert render("{% error_summary form %}", form=Sample()).strip() == ""
    summary = render("{% error_summary form %}", form=Sample({}))
    assert 'href="#id_name"' in summary and 'href="#id_way_0"' in summary and 'href="#id_sure"' in summary
    assert "3 things to correct" in summary
    fields = render("{% fields form %}", form=Sample({}))
    for target in re.findall(r'href="#([^"]+)"', summary):
        assert f'id="{target}"' in fields


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(1440, ""), (121, ""), (119, "soon"), (61, "soon"), (59, "last"), (0, "closed"), (-5, "closed")],
)
def test_a_window_looks_soon_under_two_hours_last_under_one_and_locked_when_over(monkeypatch, minutes, state):
    present = now()
    monkeypatch.setattr(ui, "now", lambda: present)
    ring = render("{% window_ring until %}", until=present + timedelta(minutes=minutes))
    assert re.search(r'class="countdown([^"]*)"', ring).group(1).strip() == state
    assert ("Window closed</span>" in ring) == (state == "closed")
    assert ("i-lock" in ring) == (state == "closed")
    assert ("stroke-dasharray" in ring) == (state != "closed")


def test_a_window_that_never_opened_is_closed():
    assert "Window closed</span>" in render("{% window_ring None %}")


def test_figures_follow_the_language():
    with translation.override("es"):
        assert ui.number(1204) == "1.204"
        assert ui.percent(0.284) == "28\u00a0%"
        assert ui.money("0.0008") == "US$\u00a00,0008"
    assert ui.number(1204) == "1,204"
    assert ui.percent(0.284) == "28%"
    assert ui.money(31) == "US$\u00a031.00"


def test_abbreviated_months_and_days_are_capital_in_english_alone(monkeypatch):
    day = now().replace(year=2025, month=11, day=4)
    monkeypatch.setattr(ui, "now", lambda: day + timedelta(days=3))
    short = engines["django"].from_string('{{ day|short_date:"j M Y" }}{{ none|short_date:"j M" }}')
    for language, date, start in (
        ("en", "4 Nov 2025", "Tue"),
        ("es", "4 nov 2025", "mar"),
        ("pt-br", "4 nov 2025", "ter"),
    ):
        with translation.override(language):
            assert short.render({"day": day, "none": None}) == date
            assert ui.when_text(day).startswith(start)


def test_numbers_of_phones_are_national_at_home_and_international_elsewhere():
    assert ui.phone("+576024850199", "CO").startswith("(602)") or "602" in ui.phone("+576024850199", "CO")
    assert ui.phone("+576024850199").startswith("+57")
    assert ui.phone("not a number") == "not a number"


def test_times_are_told_as_people_tell_them(monkeypatch):
    present = now().replace(hour=17, minute=30)
    monkeypatch.setattr(ui, "now", lambda: present)
    assert "just now" in ui.ago(present)
    assert "12\u00a0min ago" in ui.ago(present - timedelta(minutes=12))
    assert "yesterday" in ui.moment(present - timedelta(hours=24))
    assert ui.ago(None, empty="never") == "never"


@pytest.mark.parametrize(
    ("name", "expected"), [("Marta Ospina", "MO"), ("Ana", "A"), ("+57 315 555 0142", "42"), ("", "·"), (None, "·")]
)
def test_initials_of_any_name(name, expected):
    assert ui.initials(name) == expected


def test_the_pager_keeps_the_other_parameters_and_replaces_both_cursors():
    request = RequestFactory().get("/", {"q": "marta", "after": "old", "before": "older"})
    page = render("{% pager next_cursor='new' %}", request=request)
    assert 'href="?q=marta&amp;after=new"' in page
    assert "Previous" not in page


def test_a_timeline_says_each_state_in_words():
    steps = [{"title": "One", "state": "done"}, {"title": "Two", "state": "current", "who": "You"}, {"title": "Three"}]
    page = render('{% include "ui/_timeline.html" %}', steps=steps)
    assert 'aria-label="Done"' in page
    assert page.count('aria-current="step"') == 1
    assert "You" in page


def test_navigation_marks_the_longest_address_and_hides_what_a_role_may_not_see(settings):
    settings.ROOT_URLCONF = "tests.config.look_urls"
    kept = dict(navigation._items)
    navigation._items.clear()
    try:
        navigation.register(navigation.NavItem("home", "Home", "home", "look-home", order=1))
        navigation.register(navigation.NavItem("inbox", "Inbox", "inbox", "look-inbox", order=0))
        navigation.register(navigation.NavItem("people", "People", "users", "look-inbox", roles=("owner",)))
        navigation.register(navigation.NavItem("lost", "Lost", "stop", "look-nowhere"))
        request = RequestFactory().get("/b/valley/inbox/7/")
        request.business = SimpleNamespace(slug="valley")
        request.membership = SimpleNamespace(role="agent")
        items = navigation.items_for(request)
    finally:
        navigation._items.clear()
        navigation._items.update(kept)
    assert [(item["key"], item["current"]) for item in items] == [("inbox", True), ("home", False)]


def test_navigation_is_empty_outside_a_business():
    assert navigation.items_for(RequestFactory().get("/")) == []
