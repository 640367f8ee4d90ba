"""Counters and gauges in Prometheus' text format. Apps register functions that yield them."""

_sources = []


def source(function):
    """Register a function that yields ``(name, help, type, labels, value)``; names start with ``umbral_``."""
    _sources.append(function)
    return function


def few(counts, most):
    """``counts`` with at most ``most`` keys, the largest; what the others count is under ``other``."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    kept = dict(ordered[:most] if len(ordered) <= most else ordered[: most - 1])
    left = sum(count for _key, count in ordered[len(kept) :])
    return kept | ({"other": kept.get("other", 0) + left} if left else {})


def render_metrics():
    """All metrics as text."""
    families = {}
    for function in _sources:
        for name, text, kind, labels, value in function():
            families.setdefault((name, text, kind), []).append((labels, value))
    lines = []
    for (name, text, kind), samples in families.items():
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        for labels, value in samples:
            inside = ",".join(f'{key}="{_escape(val)}"' for key, val in sorted(labels.items()))
            lines.append(f"{name}{{{inside}}} {value}" if inside else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escape(value):
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
