"""``make mutants``: take one safety away at a time and see a test turn red."""
