class TransitionNotAllowed(Exception):
    """An application can't go from where it is to where it was asked to go."""


class NotReady(Exception):
    """An application can't be submitted yet; ``problems`` says what is missing, ready for a person."""

    def __init__(self, problems):
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = list(problems)


class NotPossible(Exception):
    """What was asked can't be done now; the message says why and what to do, ready for a person."""
