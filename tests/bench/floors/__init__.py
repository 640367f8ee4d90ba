"""What plain, idiomatic Django does for the same work. Never made worse on purpose."""
