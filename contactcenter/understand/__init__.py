"""From typed events to rows, a whole batch at a time: who wrote, in which conversation, what it says, what it changes.

Every effect is commutative and idempotent, so the tables are a function of the set of events: not of their order, of
how they were split into batches, or of how often they came.

``handlers.understand`` is the door; it calls the other modules in the order in which rows are locked: people, then
conversations and messages, then what depends on them.
"""
