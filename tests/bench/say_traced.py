"""The sender with a clock at its door: notes when the first byte of each message leaves and tells it when it ends.

``python -m tests.bench.say_traced FILE`` behaves as ``manage.py sender`` and writes ``[[monotonic seconds,
reference], …]`` as JSON when it is told to stop.
"""

import json
import os
import sys
import time

import django


def main(path):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from contactcenter.sender import connection, process
    from contactcenter.sender.options import from_environment
    from tests.bench.say_provider import REFERENCE

    left, ask = [], connection.Connection.ask

    def traced(self, data, exchange):
        left.append((time.monotonic(), data))
        ask(self, data, exchange)

    connection.Connection.ask = traced
    process.run(from_environment())
    told = [(at, REFERENCE.search(data)[1].decode()) for at, data in left]
    with open(path, "w") as file:
        json.dump(told, file)


if __name__ == "__main__":
    main(sys.argv[1])
