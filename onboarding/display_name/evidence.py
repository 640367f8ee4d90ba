"""What a page says about whose it is: title, site name, structured data, logo, headings, footer, text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from selectolax.lexbor import LexborHTMLParser, LexborNode

from .words import find, tokens

PLACES = ("title", "site_name", "structured_data", "logo", "heading", "brand_link", "footer", "description", "text")
WEIGHT = {
    "title": 35,
    "site_name": 30,
    "structured_data": 30,
    "logo": 25,
    "brand_link": 20,
    "heading": 20,
    "footer": 20,
    "description": 10,
    "text": 10,
}
_NAME_KEYS = ("name", "legalName", "alternateName", "brand", "publisher", "author", "parentOrganization", "owns")
_SNIPPET = 90
_TEXT_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place on the page that shows the name."""

    place: str
    snippet: str


@dataclass
class PageEvidence:
    """The texts of a page by place, as written."""

    texts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, place: str, text: str | None) -> None:
        clean = re.sub(r"\s+", " ", text or "").strip()
        if clean:
            self.texts.setdefault(place, []).append(clean)

    def all(self) -> Iterator[tuple[str, str]]:
        for place in PLACES:
            for text in self.texts.get(place, ()):
                yield place, text

    @property
    def raw(self) -> str:
        """Everything a person could read, case kept."""
        return "\n".join(text for _, text in self.all())

    def mentions(self, words: tuple[str, ...]) -> list[Evidence]:
        """Where the words stand side by side, the strongest place first, one entry a place."""
        found = []
        for place, text in self.all():
            if any(e.place == place for e in found):
                continue
            if find(words, tokens(text)):
                found.append(Evidence(place, _snippet(text, words)))
        return found

    def score(self, words: tuple[str, ...]) -> int:
        return min(100, sum(WEIGHT[e.place] for e in self.mentions(words)))


def extract_evidence(html: str) -> PageEvidence:
    """Read a page; broken HTML is read as a browser would. Nothing is fetched or run."""
    page = PageEvidence()
    tree = LexborHTMLParser(html or "")
    for node in tree.css("title"):
        page.add("title", node.text())
    for node in tree.css("meta[content]"):
        key = (node.attributes.get("property") or node.attributes.get("name") or "").lower()
        place = {
            "og:site_name": "site_name",
            "application-name": "site_name",
            "apple-mobile-web-app-title": "site_name",
            "og:title": "title",
            "twitter:title": "title",
            "description": "description",
            "og:description": "description",
            "twitter:description": "description",
            "author": "footer",
            "copyright": "footer",
        }.get(key)
        if place:
            page.add(place, node.attributes.get("content"))
    for node in tree.css('script[type="application/ld+json"]'):
        for name in _structured_names(node.text()):
            page.add("structured_data", name)
    for node in tree.css('[itemprop="name"],[itemprop="legalName"]'):
        page.add("structured_data", node.attributes.get("content") or node.text())
    for node in tree.css("script,style,template,noscript"):
        node.decompose()
    for node in tree.css("img[alt],[role=img][aria-label],svg title"):
        page.add("logo", node.attributes.get("alt") or node.attributes.get("aria-label") or node.text())
    for node in tree.css("a[aria-label],a[title]"):
        page.add("logo", node.attributes.get("aria-label") or node.attributes.get("title"))
    for node in tree.css("h1,h2,h3,h4"):
        page.add("heading", _text(node))
    for node in tree.css(".navbar-brand,.brand,.logo,.site-title,.site-name"):
        page.add("brand_link", _text(node))
    for node in tree.css("footer,.footer,#footer,small"):
        page.add("footer", _text(node))
    if tree.body is not None:
        page.add("text", _text(tree.body)[:_TEXT_LIMIT])
    return page


def _text(node: LexborNode) -> str:
    return node.text(separator=" \n ")


def _structured_names(text: str) -> Iterator[str]:
    try:
        data = orjson.loads(text.strip())
    except orjson.JSONDecodeError:
        yield from re.findall(r'"(?:name|legalName|alternateName)"\s*:\s*"([^"]{2,120})"', text)
        return
    yield from _names_in(data, 0)


def _names_in(data: Any, depth: int) -> Iterator[str]:
    if depth > 6:
        return
    if isinstance(data, list):
        for item in data[:200]:
            yield from _names_in(item, depth + 1)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key in _NAME_KEYS and isinstance(value, str):
                yield value
            elif isinstance(value, dict | list):
                yield from _names_in(value, depth + 1)


def _snippet(text: str, words: tuple[str, ...]) -> str:
    """The stretch of text around the words, at most 90 characters on each side."""
    if len(text) <= 2 * _SNIPPET:
        return text
    pieces = text.split(" ")
    for i in range(len(pieces)):
        if find(words, tokens(" ".join(pieces[i : i + len(words) + 2]))):
            lead = " ".join(pieces[:i])[-_SNIPPET:]
            tail = " ".join(pieces[i:])[: 2 * _SNIPPET]
            return f"…{lead} {tail}…"
    return text[: 2 * _SNIPPET] + "…"
