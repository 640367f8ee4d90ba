"""Templates in and out as files: what can't come in is refused by its number, and what went out comes in as it was."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from templates_hsm.components import to_api
from templates_hsm.examples import all_examples
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.services import interchange
from tenants.enums import Role
from tenants.models import Membership
from tenants.tenancy import business_scope
from tests import builders

TEXT = "Your order left our house today and arrives tomorrow."


def one(name="order_sent", language="en", text=TEXT, **more):
    body = {"type": "BODY", "text": text}
    return {"name": name, "language": language, "category": "UTILITY", "components": [body]} | more


def judged(acme, content, waba=None):
    account = waba or builders.waba(acme)
    with business_scope(acme):
        return interchange.judged(account, interchange.lines_of(content))


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (json.dumps(one()), ["order_sent"]),
        (json.dumps([one("a"), one("b")]), ["a", "b"]),
        (json.dumps({"data": [one("a") | {"id": "1", "status": "APPROVED"}]}), ["a"]),
        (json.dumps(one("a")) + "\n" + json.dumps(one("b")), ["a", "b"]),
        (f"name;language;category;body\na;es;utility;{TEXT}\n", ["a"]),
        (f'\ufeffname,language,body\na,pt_BR,"{TEXT}"\n', ["a"]),
    ],
)
def test_json_of_every_kind_and_lists_come_in(acme, content, names):
    rows = judged(acme, content.encode())

    assert [row.problem for row in rows] == [""] * len(names)
    assert [row.definition["name"] for row in rows] == names
    assert all(row.definition["category"] == "UTILITY" and set(row.definition) == set(interchange.KEYS) for row in rows)


def test_broken_lines_are_refused_by_number_and_the_rest_goes_on(acme):
    lines = ["name,language,category,body", f"good,en,UTILITY,{TEXT}", f"Bad Name,en,UTILITY,{TEXT}",
             f"b,xx,UTILITY,{TEXT}", f"c,en,OTHER,{TEXT}", f'd,en,UTILITY,"open {TEXT}', f"good,en,UTILITY,{TEXT}",
             f"last,es,UTILITY,{TEXT}"]  # fmt: skip

    rows = judged(acme, "\n".join(lines).encode())

    assert [row.number for row in rows if row.problem] == [3, 4, 5, 6, 7]
    assert [row.definition["name"] for row in rows if not row.problem] == ["good", "last"]


def test_what_is_there_already_is_refused_and_what_has_errors_becomes_a_draft(acme):
    waba = builders.waba(acme)
    builders.template(acme, name="order_sent", waba=waba)

    rows = judged(acme, json.dumps([one(), one("other", text="{{1}}"), 7]).encode(), waba)

    assert rows[0].problem and rows[2].problem
    assert not rows[1].problem and rows[1].errors


@pytest.mark.parametrize("content", [b"", b"   ", b"PK\x03\x04rest", b"{", b"a,b\n1,2\n", b"x" * (1024 * 1024 + 1)])
def test_what_is_no_list_of_templates_is_said_in_a_sentence(content):
    with pytest.raises(NotPossible):
        interchange.lines_of(content)


@pytest.mark.parametrize("shape", ["json", "csv"])
def test_every_example_comes_back_as_it_went_out(acme, globex, shape):
    waba = builders.waba(acme)
    examples = all_examples()
    rows = [
        builders.template(acme, waba=waba, name=example.definition["name"], language=example.language,
                          category=example.definition["category"], components=example.definition["components"],
                          parameter_format=example.definition.get("parameter_format", "POSITIONAL"))
        for example in examples
    ]  # fmt: skip
    content = interchange.as_json(rows) if shape == "json" else interchange.as_csv(rows)

    back = judged(globex, content)

    assert [row.problem for row in back] == [""] * len(examples)
    assert [to_api(row.definition)["components"] for row in back] == [
        to_api(row.definition)["components"] for row in rows
    ]


def test_files_of_ours_do_not_leave_and_strange_ones_do_not_come_in(acme):
    ours = "umbral:IMAGE:0b6c7d4e-1111-4222-8333-944455556666"
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [ours]}}
    definition = one() | {"components": [header, {"type": "BODY", "text": TEXT}]}
    row = builders.template(acme, components=definition["components"])

    assert b"umbral" not in interchange.as_json([row])
    [line] = judged(acme, json.dumps(definition | {"name": "b"}).encode())
    assert "umbral" not in str(line.definition)


def test_a_file_is_tried_before_anything_is_made(client, acme, olga):
    builders.waba(acme)
    client.force_login(olga)
    address = reverse("templates_hsm:template_import", args=[acme.slug])
    upload = SimpleUploadedFile("list.json", json.dumps([one("a"), one("B!"), one("c")]).encode())

    tried = client.post(address, {"file": upload, "action": "try"})
    with business_scope(acme):
        assert not MessageTemplate.objects.exists()
    assert [row.number for row in tried.context["refused"]] == [2]

    client.post(address, {"text": tried.context["text"], "action": "import"})

    with business_scope(acme):
        assert sorted(MessageTemplate.objects.values_list("name", "status")) == [("a", "draft"), ("c", "draft")]


def test_a_copy_goes_to_another_account_and_to_another_business_of_the_same_person(client, acme, globex, olga):
    template = builders.template(acme, status=TemplateStatus.APPROVED)
    second, theirs = builders.waba(acme), builders.waba(globex)
    client.force_login(olga)
    detail = reverse("templates_hsm:template_detail", args=[acme.slug, template.reference])
    assert client.get(detail).context["other_businesses"] == []
    Membership.objects.create(business=globex, user=olga, role=Role.ADMIN)

    page = client.get(detail)
    client.post(
        reverse("templates_hsm:template_copy", args=[acme.slug, template.reference]),
        {"name": template.name, "language": template.language, "account": str(second.reference)},
    )
    brought = client.post(
        reverse("templates_hsm:template_import", args=[globex.slug]), {"text": page.context["copy_text"]}
    )
    client.post(
        reverse("templates_hsm:template_import", args=[globex.slug]),
        {"text": brought.context["text"], "action": "import"},
    )

    with business_scope(acme):
        assert MessageTemplate.objects.get(waba=second).components == template.components
    with business_scope(globex):
        assert MessageTemplate.objects.get(waba=theirs).name == template.name


def test_exports_are_files(client, acme, olga):
    template = builders.template(acme)
    client.force_login(olga)

    found = client.get(reverse("templates_hsm:template_export_json", args=[acme.slug]))
    listed = client.get(reverse("templates_hsm:template_export_csv", args=[acme.slug]))
    single = client.get(reverse("templates_hsm:template_export_one", args=[acme.slug, template.reference]))

    assert json.loads(found.content)["name"] == template.name == json.loads(single.content)["name"]
    assert listed.content.decode("utf-8-sig").startswith("name,language,category")
    assert "attachment" in listed["Content-Disposition"]
