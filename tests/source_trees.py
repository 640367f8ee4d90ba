"""Reading the program's own source in tests."""

import ast


def tree_of(source):
    """The syntax tree of ``source``.

    While another thread compiles something, CPython 3.11 may raise a wrong "AST constructor recursion depth mismatch"
    (gh-106905, mended in 3.12); asked again it answers.
    """
    for _attempt in range(20):
        try:
            return ast.parse(source)
        except SystemError as exc:
            if "recursion depth mismatch" not in str(exc):
                raise
    return ast.parse(source)
