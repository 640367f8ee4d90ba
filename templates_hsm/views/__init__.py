"""The pages of message templates: looking, building, and what is done with one."""
