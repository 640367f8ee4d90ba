"""The pre-flight command: a JSON object a line in, one out, whatever the line."""

import io
import json

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def preflight(monkeypatch, capsys):
    def run(kind, *lines):
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
        out = io.StringIO()
        call_command("preflight", kind, stdout=out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return run


def case(number, **given):
    return json.dumps({"id": number, "input": given})


def test_policy_cases_keep_their_order_and_id(preflight):
    found = preflight("policy", case("a", activity="casino online", country="US"), case("b", activity="zapateria"))
    assert [(f["id"], f["verdict"], f["category"]) for f in found] == [
        ("a", "prohibited", "gambling"),
        ("b", "allowed", "none"),
    ]
    assert found[0]["reasons"][0].keys() == {"code", "rule", "text"}


def test_display_names_come_out_with_their_reasons(preflight):
    (found,) = preflight("display_name", case(7, display_name="Sol ☀️", brand="Sol", website_html="<title>Sol</title>"))
    assert (found["id"], found["verdict"], [r["code"] for r in found["reasons"]]) == (7, "fail", ["emoji"])


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"id": 1}', '{"id": 1, "input": []}', '{"id": 1, "input": "x"}'])
def test_a_bad_line_becomes_an_error_and_the_next_is_judged(preflight, line):
    bad, good = preflight("policy", line, case("ok", activity="panaderia"))
    assert "error" in bad and "id" in bad
    assert (good["id"], good["verdict"]) == ("ok", "allowed")


def test_a_failing_check_is_an_error_of_its_line_only(preflight, settings):
    settings.PREFLIGHT = {"policy": "tests.onboarding.test_preflight.fail_on_demand"}
    first, second = preflight("policy", case(1, fail=True), case(2))
    assert (first["id"], first["error"]) == (1, "RuntimeError: on demand")
    assert second == {"id": 2, "verdict": "allowed"}


def fail_on_demand(given):
    if given.get("fail"):
        raise RuntimeError("on demand")
    return {"verdict": "allowed"}


def test_a_check_that_is_not_there_is_said_plainly(preflight, settings):
    settings.PREFLIGHT = {"policy": "nowhere.at.all"}
    with pytest.raises(CommandError, match="can't be loaded"):
        preflight("policy", case(1))


def labelled(number, verdict, category, **given):
    return json.dumps({"id": number, "input": given, "expected": {"verdict": verdict, "category": category}})


def test_labelled_cases_are_scored_per_verdict(tmp_path):
    path = tmp_path / "cases.jsonl"
    lines = [
        labelled("a", "prohibited", "gambling", activity="casino online", country="US"),
        labelled("b", "allowed", "none", activity="panaderia"),
        labelled("c", "prohibited", "weapons", activity="panaderia"),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    out = io.StringIO()
    call_command("preflight", "policy", str(path), "--score", stdout=out)
    said = out.getvalue()
    assert "2 of 3 verdicts right (0.667), 2 with category or reasons" in said
    assert "prohibited let through as allowed: 1 c" in said
    assert "- c: wanted prohibited weapons, got allowed none" in said


def test_the_file_may_stand_on_either_side_of_score(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(labelled("a", "allowed", "none", activity="panaderia"), encoding="utf-8")
    file = str(path)
    for given in (["policy", file, "--score"], ["policy", "--score", file], ["--score", "policy", file]):
        out = io.StringIO()
        call_command("preflight", *given, stdout=out)
        assert "1 of 1 verdicts right" in out.getvalue()


def test_without_a_file_what_is_scored_comes_from_standard_input(monkeypatch):
    for given in (["policy", "--score"], ["--score", "policy"]):
        out = io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(labelled("a", "allowed", "none", activity="panaderia")))
        call_command("preflight", *given, stdout=out)
        assert "1 of 1 verdicts right" in out.getvalue()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["policy", "one.jsonl", "--score", "two.jsonl"], "two files.*one.jsonl.*two.jsonl"),
        (["--score", "policy", "one.jsonl", "two.jsonl"], "two files.*one.jsonl.*two.jsonl"),
        (["--score", "one.jsonl", "two.jsonl"], "display_name, policy, template"),
        ([], "display_name, policy, template"),
        (["weather"], "display_name, policy, template"),
    ],
)
def test_what_cannot_be_meant_is_said(given, said):
    with pytest.raises(CommandError, match=said):
        call_command("preflight", *given, stdout=io.StringIO())


def test_files_without_labels_cannot_be_scored(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(CommandError, match="not labelled cases"):
        call_command("preflight", "policy", str(path), "--score", stdout=io.StringIO())
