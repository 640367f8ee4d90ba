"""A small Django app as a textbook would write it: the floor of the webhook figures."""
