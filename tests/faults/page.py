"""An open page of one business: it follows the live events, reconnects when the line breaks, and forgets no number."""

import threading
import time

import requests


class Page:
    """``numbers`` are those seen since the first ``hello``; ``resyncs`` counts how often all was loaded anew."""

    def __init__(self, stack, tenant):
        self.stack, self.tenant = stack, tenant
        self.first = None
        self.numbers = set()
        self.resyncs = self.connections = 0
        self.last = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._follow, name="page", daemon=True)

    def start(self):
        self.thread.start()

    def stop(self):
        self.over.set()

    def missing(self, upto):
        """The numbers up to this one that never came."""
        if self.first is None:
            return []
        return sorted(set(range(self.first + 1, upto + 1)) - self.numbers)

    def _follow(self):
        while not self.over.is_set():
            headers = {"Cookie": f"sessionid={self.tenant.cookie}", "Accept": "text/event-stream"}
            if self.last is not None:
                headers["Last-Event-ID"] = str(self.last)
            try:
                with requests.get(
                    f"{self.stack.url}/live/{self.tenant.slug}/", headers=headers, stream=True, timeout=(3, 40)
                ) as answer:
                    if answer.status_code == 200:
                        self.connections += 1
                        self._read(answer)
            except (requests.RequestException, OSError):
                pass
            time.sleep(0.3)

    def _read(self, answer):
        number, kind = None, "message"
        for line in answer.iter_lines(chunk_size=1):
            if self.over.is_set():
                return
            name, _, value = line.decode().partition(": ")
            if name == "id":
                number = int(value)
            elif name == "event":
                kind = value
            elif not line and number is not None:
                self._take(number, kind)
                number, kind = None, "message"

    def _take(self, number, kind):
        if kind == "resync":
            self.resyncs += 1
            self.numbers.update(range((self.last or number) + 1, number + 1))
        elif kind == "hello":
            if self.first is None:
                self.first = number
            return
        self.numbers.add(number)
        self.last = number if self.last is None else max(self.last, number)
