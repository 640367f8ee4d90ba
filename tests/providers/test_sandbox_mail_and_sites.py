"""What a rehearsing person reads beside the telephone: the product's mail and the invented companies' websites."""

import re

import pytest
import requests
from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend

from onboarding.display_name import check_display_name
from providers.sandbox.companies import COMPANIES
from tests.providers.sandbox_server import Receiver, Sandbox


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory, folder):
    receiver = Receiver()
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), receiver.url, EMAIL_FILE_PATH=str(folder))
    yield sandbox
    sandbox.stop()
    receiver.close()


@pytest.fixture(autouse=True)
def empty_folder(folder):
    for path in folder.iterdir():
        path.unlink()


def write(folder, *letters):
    backend = EmailBackend(file_path=str(folder))
    backend.send_messages([EmailMessage(subject, text, "no-reply@localhost", [to]) for subject, text, to in letters])


def page(sandbox, path, status=200):
    answer = requests.get(sandbox.url + path, timeout=5)
    assert answer.status_code == status, answer.text
    return answer.text


def test_an_empty_mailbox_says_what_will_appear(sandbox):
    assert "No mail yet" in page(sandbox, "/mail/")


def test_mail_is_listed_newest_first_and_its_links_can_be_followed(sandbox, folder):
    write(
        folder,
        ("First", "Hello", "ana@example.com"),
        ("Confirmación", "Abre http://127.0.0.1/x/?a=1&b=2", "b@x.y"),
    )

    listed = page(sandbox, "/mail/")
    rows = re.findall(r'<a href="(/mail/[^"]+)">([^<]+)</a>', listed)

    assert [subject for _, subject in rows] == ["Confirmación", "First"]
    letter = page(sandbox, rows[0][0])
    assert 'href="http://127.0.0.1/x/?a=1&amp;b=2"' in letter
    assert "ana@example.com" not in letter


def test_what_a_mail_says_is_text_and_never_markup(sandbox, folder):
    write(folder, ("<b>Hi</b>", "<script>alert(1)</script>", "a@example.com"))

    path = re.search(r'href="(/mail/[^"]+\.log/0/)"', page(sandbox, "/mail/")).group(1)

    assert "<script>alert" not in page(sandbox, path)
    assert "<b>Hi" not in page(sandbox, "/mail/")


@pytest.mark.parametrize(
    "path", ["/mail/nothing.log/0/", "/mail/..%2f..%2fsecrets.env/0/", "/mail/a/b/", "/mail/x/-1/"]
)
def test_no_other_file_can_be_read_as_mail(sandbox, folder, path):
    (folder.parent / "secrets.env").write_text("KEY=value\n")

    assert "KEY=value" not in page(sandbox, path, 404)


@pytest.mark.parametrize("name", COMPANIES)
def test_every_company_has_a_website_with_its_names(sandbox, name):
    company, html = COMPANIES[name], page(sandbox, f"/sites/{name}/")

    assert f"<title>{company.shown_name} " in html
    assert company.legal_name.replace("&", "&amp;") in html
    assert '"@type": "Organization"' in html


def test_a_website_carries_or_contradicts_a_display_name(sandbox):
    def judged(name):
        company = COMPANIES[name]
        html = page(sandbox, f"/sites/{name}/")
        return check_display_name(company.brand, company.brand, company.legal_name, "", html, company.country)

    assert judged("envios-del-valle").verdict == "pass"
    assert judged("hostal-la-azotea").verdict != "pass"
    assert judged("ferreteria-tamayo").verdict != "pass"


def test_an_unknown_website_is_not_found(sandbox):
    page(sandbox, "/sites/nobody/", 404)


def test_the_control_panel_lists_the_websites_and_links_the_mail(sandbox):
    panel = page(sandbox, "/control/")

    assert f'href="{sandbox.url}/sites/northgate-clinic/"' in panel
    assert 'href="/mail/"' in panel
