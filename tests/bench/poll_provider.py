"""A provider that knows accounts, numbers and templates, and counts its calls:
``python -m tests.bench.poll_provider PORT EACH``.

``GET /<version>/<waba>/message_templates`` lists an account's templates, ``GET /<version>/<template>`` gives one,
``GET /count`` says how often what was asked for, and begins anew. Of an account it answers the least: it exists, has
no numbers, and may send. The templates of accounts whose ID begins with ``IN_REVIEW`` stay in review.
"""

import json
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

calls = Counter()
IN_REVIEW = "9"


def template_id(waba_id, n):
    """The ID of an account's ``n``-th template."""
    return f"{waba_id}{n:04}"


def template(waba_id, n):
    """A template as Meta describes one."""
    return {
        "id": template_id(waba_id, n),
        "name": f"order_update_{n}",
        "language": "es",
        "status": "PENDING" if waba_id.startswith(IN_REVIEW) else "APPROVED",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [{"type": "BODY", "text": f"Hola {{{{1}}}}, el pedido {n} va en camino."}],
        "quality_score": {"score": "GREEN"},
        "rejected_reason": "NONE",
    }


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        asked = urlsplit(self.path)
        parts, fields = asked.path.strip("/").split("/"), parse_qs(asked.query).get("fields", [""])[0]
        if parts == ["count"]:
            answer = dict(calls)
            calls.clear()
        elif parts[-1] == "message_templates":
            calls["lists"] += 1
            answer = {"data": [template(parts[-2], n) for n in range(each)], "paging": {}}
        elif parts[-1] == "phone_numbers":
            calls["numbers"] += 1
            answer = {"data": [], "paging": {}}
        elif "health_status" in fields or "owner_business_info" in fields:
            calls["accounts" if "owner_business_info" in fields else "health"] += 1
            answer = {"id": parts[-1], "name": "Bench", "health_status": {"can_send_message": "AVAILABLE"}}
        else:
            calls["ones"] += 1
            answer = template(parts[-1][:-4], int(parts[-1][-4:]))
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


if __name__ == "__main__":
    each = int(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Provider).serve_forever()
