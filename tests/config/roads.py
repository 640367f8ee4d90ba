"""Which functions lead to a network, by the names that they mention. The program's text is read and nothing of it runs.

A mentioned function counts as called and a mentioned class as wholly used. What is only found at run time (signals,
subscribers of webhooks, methods of what a function was given) isn't followed.
"""

import ast
from pathlib import Path

from tests.source_trees import tree_of

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "tenants", "providers", "contacts", "onboarding", "templates_hsm", "sessions_24h", "contactcenter")
NETWORKS = ("requests", "http.client", "smtplib", "urllib.request", "aiohttp", "django.core.mail", "providers.http")
"""Modules whose use is a wait for somebody else."""


class Roads:
    """The program's modules as ``{dotted name of a definition: names that it mentions}``."""

    def __init__(self, root=ROOT, apps=APPS):
        self.means, self.mentions = {}, {}
        for path in (path for app in apps for path in sorted((root / app).rglob("*.py"))):
            parts = path.relative_to(root).with_suffix("").parts
            if "migrations" not in parts:
                self._read(".".join(parts[:-1] if parts[-1] == "__init__" else parts), tree_of(path.read_bytes()))

    def to_network(self, name):
        """The way from a function to a network as a list of dotted names, or ``None``."""
        ways, seen = [[name]], {name}
        while ways:
            way = ways.pop(0)
            for mentioned in self.mentions.get(way[-1], ()):
                place = self._place(mentioned)
                if f"{place}.".startswith(tuple(f"{one}." for one in NETWORKS)):
                    return [*way, place]
                if place in self.mentions and place not in seen:
                    seen.add(place)
                    ways.append([*way, place])
        return None

    def _read(self, module, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for one in node.names:
                    self.means[f"{module}.{one.asname or one.name.split('.')[0]}"] = (
                        one.name if one.asname else one.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for one in node.names:
                    self.means[f"{module}.{one.asname or one.name}"] = f"{node.module}.{one.name}"
        for node in tree.body:
            for name in _defines(node):
                self.mentions[f"{module}.{name}"] = {f"{module}.{one}" for one in _mentioned(node)}

    def _place(self, name):
        """What a name stands for: imports are followed, and what comes after a definition's name is left out."""
        for _ in range(10):
            parts = name.split(".")
            for length in range(len(parts), 0, -1):
                start, rest = ".".join(parts[:length]), parts[length:]
                if start in self.mentions:
                    return start
                if start in self.means:
                    name = ".".join([self.means[start], *rest])
                    break
            else:
                return name
        return name


def _defines(node):
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]


def _mentioned(node):
    """Names and chains of them (``a.b.c``) in a definition."""
    for one in ast.walk(node):
        chain = []
        while isinstance(one, ast.Attribute):
            chain.insert(0, one.attr)
            one = one.value
        if isinstance(one, ast.Name):
            yield ".".join([one.id, *chain])
