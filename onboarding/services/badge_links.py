"""Reading the evidence of a badge request: what each link shows, without running anything of it. Never in a scope."""

import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from selectolax.lexbor import LexborHTMLParser

from config.clock import now
from onboarding.display_name.fetch import SiteUnreachable, fetch_site
from onboarding.likeness import folded
from onboarding.services import badge_facts

TOP_OF_PAGE = 4_000
"""Where newspapers mark a paid text; further down the words may stand for something else."""
TITLE_LENGTH = 160


def read_all(urls, *, names, own_sites):
    """Read the links at once; a list of what ``BadgeRequest.links`` holds, in the given order."""
    if not urls:
        return []
    with ThreadPoolExecutor(max_workers=len(urls), thread_name_prefix="badge-links") as pool:
        return list(pool.map(lambda url: read(url, names=names, own_sites=own_sites), urls))


def read(url, *, names, own_sites):
    """What one link shows. ``names`` are the brand's; one of them has to stand on the page."""
    found = {
        "url": url,
        "kind": badge_facts.kind_of(url, own_sites),
        "problem": "",
        "title": "",
        "final_url": "",
        "names_brand": None,
        "read_at": now().isoformat(),
    }
    try:
        page = fetch_site(url)
    except SiteUnreachable as failure:
        return found | {"problem": failure.code}
    found["final_url"] = page.final_url[:500]
    if page.status >= 400:
        return found | {"problem": "gone" if page.status in {404, 410} else "closed"}
    text = page.text
    if found["kind"] in {"press", "short"}:
        led_to = badge_facts.kind_of(page.final_url, own_sites)
        found["kind"] = led_to if led_to != "short" else found["kind"]
    if found["kind"] == "press" and any(word in text[:TOP_OF_PAGE].casefold() for word in badge_facts.paid_words()):
        found["kind"] = "paid"
    plain = f" {_plain(text)} "
    return found | {
        "title": _title(page),
        "names_brand": any(f" {name} " in plain for name in map(folded, names) if name),
    }


def _title(page):
    node = LexborHTMLParser(page.html).css_first("title")
    text = " ".join((node.text() if node else "").split())
    return (text or badge_facts.host_of(page.final_url))[:TITLE_LENGTH]


def _plain(text):
    """Words in small letters without accents, with single spaces between them."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(re.findall(r"\w+", bare.casefold()))


def counts(link):
    """Whether nothing speaks against a link that was read."""
    return link.get("kind") == "press" and not link.get("problem") and link.get("names_brand") is not False
