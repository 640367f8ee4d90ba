"""What the contact center does; callers import the module, so the noun is in sight (``messages.send_text``)."""

MESSAGE_CHANGED = "message"
"""The live event that says that a message came or changed: ``conversation`` and ``message`` references."""
CONVERSATION_CHANGED = "conversation"
"""The live event that says that a conversation changed: its ``conversation`` reference and ``version``."""
STATUS_CHANGED = "status"
"""The live event that says that messages of a conversation climbed: its ``conversation`` reference."""
