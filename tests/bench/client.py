"""A bare client process on the ground, as a figure talks to it."""

import json
import subprocess
import sys

from tests.bench.ground import ROOT


class Client:
    """The process of ``python -m tests.bench.<module> <port>``."""

    def __init__(self, module, port):
        self.command = [sys.executable, "-m", f"tests.bench.{module}", str(port)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    def ask(self, what, **words):
        """Send a command and wait for its answer. Raises ``RuntimeError`` with what the client says went wrong."""
        self.process.stdin.write(json.dumps({"do": what, **words}).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"The client could not {what}: {answer['error']}")
        return answer
