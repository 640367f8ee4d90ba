"""What is claimed and waits its turn: agents before campaigns, each conversation in its own order. Pure."""

import heapq
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Item:
    """One claimed row of the outbox with all that sending it takes."""

    id: int
    business: int
    number: int
    priority: int
    attempts: int
    message: int
    conversation: int
    contact: int
    claim: str = ""
    message_reference: str = ""
    conversation_reference: str = ""
    kind: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    reply_to: str = ""
    phone: str = ""
    bsuid: str = ""
    media: dict[str, Any] | None = None
    own_files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By digest: the files of the template that the content names, shared by all messages of the number."""

    @property
    def turn(self):
        return self.priority, self.id

    @property
    def lacks_files(self):
        """Whether WhatsApp has to be given a file before this can leave."""
        media = self.media is not None and not self.media["media_id"]
        return media or any(not details["media_id"] for details in self.own_files.values())


class Lanes:
    """The waiting items of one number, a lane per conversation; of each lane only the first may leave.

    A lane is *busy* while its first item is on its way and *held* while an earlier item waits in the database for a
    later try: whatever comes behind it has to go back there too.
    """

    def __init__(self):
        self._lanes = {}
        self._heads = []
        self._busy = set()
        self.size = 0
        self.held = {}
        """Conversation: the turns of its items that wait in the database for a later try."""

    def __len__(self):
        return self.size

    def add(self, item):
        """Queue a claimed item; ``False`` when an earlier one of its conversation is held."""
        held = self.held.get(item.conversation)
        if held:
            held.discard(item.turn)
            if any(turn < item.turn and turn[0] <= item.priority for turn in held):
                held.add(item.turn)
                return False
            if not held:
                del self.held[item.conversation]
        lane = self._lanes.setdefault(item.conversation, [])
        heapq.heappush(lane, (item.turn, item))
        self.size += 1
        if lane[0][1] is item and item.conversation not in self._busy:
            heapq.heappush(self._heads, (item.turn, item.conversation))
        return True

    def peek(self):
        """The item whose turn it is, or ``None``."""
        while self._heads:
            turn, conversation = self._heads[0]
            lane = self._lanes.get(conversation)
            if lane and lane[0][0] == turn and conversation not in self._busy:
                return lane[0][1]
            heapq.heappop(self._heads)
        return None

    def take(self):
        """Remove the item whose turn it is; its lane is busy until ``done``."""
        item = self.peek()
        if item is not None:
            heapq.heappop(self._heads)
            heapq.heappop(self._lanes[item.conversation])
            self.size -= 1
            self._busy.add(item.conversation)
        return item

    def done(self, conversation):
        """The outcome of a lane's first item is known: the next one may leave."""
        self._busy.discard(conversation)
        lane = self._lanes.get(conversation)
        if lane:
            heapq.heappush(self._heads, (lane[0][0], conversation))
        else:
            self._lanes.pop(conversation, None)

    def skip(self):
        """The first lane may not leave yet: set it aside until ``done`` is called for it; its conversation."""
        item = self.peek()
        heapq.heappop(self._heads)
        self._busy.add(item.conversation)
        return item.conversation

    def hold(self, item):
        """``item`` goes back to the database for a later try: take out and return what stands behind it."""
        self.held.setdefault(item.conversation, set()).add(item.turn)
        lane = self._lanes.get(item.conversation, [])
        behind = [other for _turn, other in lane if other.turn > item.turn and item.priority <= other.priority]
        gone = {other.id for other in behind}
        kept = [entry for entry in lane if entry[1].id not in gone]
        heapq.heapify(kept)
        self._lanes[item.conversation] = kept
        self.size -= len(behind)
        self.held[item.conversation].update(other.turn for other in behind)
        return behind

    def clear(self):
        """Take out everything that hasn't left."""
        items = [item for lane in self._lanes.values() for _turn, item in lane]
        self._lanes, self._heads, self.size = {}, [], 0
        return items
