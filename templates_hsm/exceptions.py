class NotPossible(Exception):
    """What was asked can't be done with this template now; the message says why and what to do."""


class HasErrors(Exception):
    """The linter found errors; ``findings`` names each with its place and its fix."""

    def __init__(self, findings):
        super().__init__(f"{len(findings)} findings")
        self.findings = findings
