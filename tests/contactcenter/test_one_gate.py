"""One gate: whatever leaves by itself waits in the outbox, and nothing gets there without the gate's word."""

import ast
import re
from pathlib import Path

import pytest

from tests.source_trees import tree_of

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "contactcenter", "contacts", "onboarding", "sessions_24h", "templates_hsm", "tenants", "providers")
NOT_SENDERS = ("providers/sandbox/", "contactcenter/demo/")
MAKES = {"create", "bulk_create", "get_or_create", "update_or_create"}


def sources():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "migrations" not in path.parts and not name.startswith(NOT_SENDERS):
                yield name, path.read_text()


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def makes_an_outbox_item(node):
    """``OutboxItem(…)``, ``OutboxItem.objects.create(…)`` and ``bulk.insert(OutboxItem, …)``."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        target = ast.unparse(call.func)
        if target == "OutboxItem" or (target.startswith("OutboxItem.") and target.rpartition(".")[2] in MAKES):
            return True
        if target.endswith("insert") and call.args and ast.unparse(call.args[0]) == "OutboxItem":
            return True
    return False


def asks_the_gate(node):
    calls = [ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)]
    return any(target in {"gate.require", "gate.may_send", "may_send", "gate_many.may_send_many"} for target in calls)


def ways_past_the_gate(files):
    strays, ways = [], 0
    for name, text in files:
        if re.search(r"insert\s+into\s+\"?contactcenter_outboxitem", text, re.I) and "gate." not in text:
            strays.append(f"{name}: writes the outbox in SQL")
        if "OutboxItem" not in text:
            continue
        for function in functions(tree_of(text)):
            if makes_an_outbox_item(function):
                ways += 1
                if not asks_the_gate(function):
                    strays.append(f"{name}: {function.name}")
    return strays, ways


def test_every_way_into_the_outbox_asks_the_gate():
    strays, ways = ways_past_the_gate(sources())

    assert strays == []
    assert ways >= 1


def test_this_test_would_find_another_way():
    sneaky = [
        ("a.py", "def f(m):\n    OutboxItem.objects.create(message=m)\n"),
        ("b.py", "def f(m):\n    bulk.insert(OutboxItem, {})\n"),
        ("c.py", 'SQL = "INSERT INTO contactcenter_outboxitem VALUES (1)"\n'),
        ("d.py", "def f(m):\n    gate.require(m)\n    OutboxItem.objects.create(message=m)\n"),
    ]

    assert [stray.partition(":")[0] for stray in ways_past_the_gate(sneaky)[0]] == ["a.py", "b.py", "c.py"]


def test_only_the_sender_speaks_to_people_at_the_provider():
    """The gateway's sending calls are for the sender, which asks the same rules again in SQL before the first byte."""
    said = re.compile(r"\b(?:line|provider|api|client|gateway)\w*\.(send(?!_due|_task)\w*)\(")
    allowed = ("contactcenter/sender/", "providers/", "config/hints.py", "tenants/")
    strays = [
        f"{name}:{number} {match[1]}"
        for name, text in sources()
        if not name.startswith(allowed)
        for number, line in enumerate(text.splitlines(), 1)
        if (match := said.search(line))
    ]

    assert strays == []


@pytest.mark.parametrize("column", ["blocked", "window", "template", "opt_out"])
def test_the_sender_looks_again_before_the_first_byte(column):
    from contactcenter.sender import statements

    assert f"THEN '{column}'" in statements.MARK
