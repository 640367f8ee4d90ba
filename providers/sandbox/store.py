"""What the sandbox remembers: one sqlite file (WAL) and a folder of media beside it.

Every read and write happens on the event loop's thread, so the loop is the writer's lock. A request's writes share
one transaction that ``commit()`` ends before the answer leaves; WAL with ``synchronous=NORMAL`` makes that cheap.
"""

import json
import secrets
import sqlite3
from pathlib import Path

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()

TABLES = (
    "node option token business waba number number_event taken code sms template template_event upload media customer "
    "identity chat message reached step review webhook fault qrdl signup signup_code token_grant business_app"
).split()


class Store:
    """The sandbox's memory. ``folder`` is created; what is in it survives restarts."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.media = self.folder / "media"
        self.media.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(
            self.folder / "sandbox.sqlite3",
            isolation_level=None,
            check_same_thread=False,
        )
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(SCHEMA)
        self._seq = self.value("SELECT COALESCE(MAX(seq), 0) FROM message")

    def one(self, sql, *args):
        """The first row as a dict, or ``None``."""
        row = self.db.execute(sql, args).fetchone()
        return dict(row) if row else None

    def all(self, sql, *args):
        return [dict(row) for row in self.db.execute(sql, args).fetchall()]

    def value(self, sql, *args):
        row = self.db.execute(sql, args).fetchone()
        return row[0] if row else None

    def run(self, sql, *args):
        """Write, opening the request's transaction when there is none yet."""
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")
        return self.db.execute(sql, args)

    def insert(self, table, **columns):
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        return self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *columns.values()).lastrowid

    def update(self, table, key, **columns):
        """Set columns of the row whose ``id`` is ``key``."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self.run(f"UPDATE {table} SET {names} WHERE id = ?", *columns.values(), key)

    def get(self, table, key):
        return self.one(f"SELECT * FROM {table} WHERE id = ?", key)

    def commit(self):
        if self.db.in_transaction:
            self.db.execute("COMMIT")

    def rollback(self):
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    def new_node(self, kind, node=None):
        """A fresh numeric id (16 digits, as Graph's are), known from now on as ``kind``."""
        node = node or str(10**15 + secrets.randbelow(9 * 10**15))
        self.insert("node", id=node, kind=kind)
        return node

    def next_seq(self):
        """Order of arrival, which the moved clock can't upset."""
        self._seq += 1
        return self._seq

    def reset(self):
        """Forget everything except the options."""
        for table in TABLES:
            if table != "option":
                self.run(f"DELETE FROM {table}")
        self.commit()
        for path in self.media.iterdir():
            path.unlink()

    def close(self):
        self.rollback()
        self.db.close()


def packed(value):
    """JSON text for a column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
