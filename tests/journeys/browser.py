"""Chromium as people use it, and the few movements that every journey makes."""

import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
PATIENCE_SECONDS = 30
PHONE, DESKTOP = {"width": 360, "height": 780}, {"width": 1440, "height": 900}

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def chromium_path():
    """The Chromium of this machine, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def need_chromium():
    """Skip with a reason where there is no browser; in CI that is a failure."""
    path = chromium_path()
    if path is None:
        words = "No Chromium on this machine, so the browser journeys can't run (Debian: apt install chromium)."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return path


@contextmanager
def chromium():
    """A running Chromium; no ORM query is possible in this thread until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def visitor(browser, *, language="es-CO", viewport=DESKTOP, **options):
    """A page in a context of its own: somebody else's browser. Errors of scripts are collected in ``page.problems``."""
    context = browser.new_context(locale=language, viewport=viewport, **options)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(f"{page.url}: {error}"))
    page.on("console", lambda line: _note(page, line))
    return page


def _note(page, line):
    """What the browser complains about; addresses that answer 4xx on purpose are said by the tests themselves."""
    if line.type == "error" and "Failed to load resource" not in line.text and "net::ERR_" not in line.text:
        page.problems.append(f"{page.url}: {line.text}")


def fill(form, **values):
    """Fill the controls of a form (or page) by their names, whatever they are; lists tick several boxes."""
    for name, value in values.items():
        controls = form.locator(f"[name='{name}']")
        kind = controls.first.evaluate("el => el.tagName === 'SELECT' ? 'select' : el.type")
        if kind == "radio":
            controls.and_(form.locator(f"[value='{value}']")).check(force=True)
        elif kind == "checkbox" and isinstance(value, list):
            for one in value:
                controls.and_(form.locator(f"[value='{one}']")).check(force=True)
        elif kind == "checkbox":
            controls.set_checked(value, force=True)
        elif kind == "select":
            controls.select_option(value)
        else:
            controls.fill(value)


def press(form, button="button.button:not([name])"):
    """Press the button of a form."""
    form.locator(button).last.click()


def at(page, pattern):
    """Wait until the address ends like ``pattern`` (a regular expression)."""
    page.wait_for_url(re.compile(pattern + r"(\?.*)?(#.*)?$"))


class Shots:
    """Numbered pictures of the stations, in a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = 0

    def take(self, page, name):
        """Picture of the whole page."""
        self.count += 1
        try:
            page.screenshot(path=self.folder / f"{self.count:02}-{name}.png", full_page=True)
        except Error as exc:  # a picture never decides about a journey
            print(f"No picture of {name}: {exc}")
