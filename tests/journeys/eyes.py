"""Looking at a page as everybody may see it: axe at both sizes, in both colour schemes, in two languages."""

from axe_playwright_python.base import AXE_SCRIPT

from tests.journeys.browser import DESKTOP, PHONE, visitor

_COLOUR_RULES = ["color-contrast", "link-in-text-block"]
EVERYTHING = {"resultTypes": ["violations"]}
COLOURS = {**EVERYTHING, "runOnly": {"type": "rule", "values": _COLOUR_RULES}}
WORDS = {**EVERYTHING, "rules": {rule: {"enabled": False} for rule in _COLOUR_RULES}}

LOOKS = {
    "es": (
        (PHONE, "light", EVERYTHING),
        (PHONE, "dark", COLOURS),
        (DESKTOP, "dark", COLOURS),
        (DESKTOP, "light", EVERYTHING),
    ),
    "en": ((PHONE, "light", WORDS),),
}
"""Each size with each scheme in one language, the other language once. A scheme changes nothing but colours and a
language nothing but words, so those runs ask only the rules that can tell a difference."""

SETTLE = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  for (const moving of document.getAnimations()) moving.finish();
}"""
"""Colours change in a transition, however short; axe must see where they end."""

_RUN = """async (options) => {
  const found = await axe.run(document, options);
  const lines = (item) => item.nodes.map((node) => `${item.id}: ${node.target} ${node.failureSummary}`);
  return found.violations.flatMap(lines);
}"""


def violations_of(page, options=EVERYTHING):
    """What axe finds on the page as it stands, in lines that say where. The script is put in once per load."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(_RUN, options)


def sideways(page):
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


class Readers:
    """One browser for each person and language; ``look_at`` returns what is wrong with an address in every look."""

    def __init__(self, browser):
        self.browser, self.pages = browser, {}

    def page_of(self, person, language):
        """The page of somebody (a page that is logged in, or None) who reads this language; nobody logs in again."""
        key = (id(person), language)
        if key not in self.pages:
            state = person.context.storage_state() if person else None
            page = visitor(self.browser, language=language, storage_state=state, reduced_motion="reduce")
            page.context.add_cookies([{"name": "language", "value": language, "domain": "127.0.0.1", "path": "/"}])
            self.pages[key] = page
        return self.pages[key]

    def look_at(self, url, person=None, *, speaks=None, loads_scheme=False, wide=False, without=()):
        """What is wrong with a page, in lines. ``speaks`` is its language where the reader's doesn't decide;
        ``loads_scheme`` means that it chooses its colours only when it loads, ``wide`` that it may scroll sideways;
        findings of the rules ``without`` are left out.
        """
        wrong = []
        for language, looks in LOOKS.items():
            page = self.page_of(person, language)
            viewport, scheme, _options = looks[0]
            page.set_viewport_size(viewport)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.goto(url)
            spoken = page.locator("html").get_attribute("lang")
            if spoken != (speaks or language):
                wrong.append(f"{url} speaks {spoken} instead of {speaks or language}")
            shown = scheme
            for viewport, scheme, options in looks:
                page.set_viewport_size(viewport)
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                if loads_scheme and scheme != shown:
                    page.reload()
                shown = scheme
                page.evaluate(SETTLE)
                where = f"{url} {language} {viewport['width']} {scheme}"
                found = violations_of(page, options)
                wrong += [f"{where}: {line}" for line in found if line.split(":")[0] not in without]
                if not wide and sideways(page) > 0:
                    wrong.append(f"{where}: {sideways(page)} px wider than the window")
            wrong += page.problems
            page.problems.clear()
        return wrong
