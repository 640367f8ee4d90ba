"""Display-name checks: will Meta accept this name for this business, and where does its website show it?"""

from .check import NameReason, NameVerdict, check_display_name, preflight
from .evidence import Evidence, PageEvidence, extract_evidence

__all__ = [
    "Evidence",
    "NameReason",
    "NameVerdict",
    "PageEvidence",
    "check_display_name",
    "extract_evidence",
    "preflight",
]
