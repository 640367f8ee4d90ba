"""How long checking a large campaign takes and what memory it needs: ``python -m tests.bench.campaign_crowd 100000``.

Makes its own database beside the one of the environment and throws it away.
"""

import os
import resource
import sys
import time

from tests import conftest  # noqa: F401  prepares the environment and Django


def main(count):
    """Make ``count`` contacts with consents and a list of them, check it, and print what it took."""
    from django.conf import settings
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests import builders, databases

    name = f"test_umbral_{os.getpid()}"
    databases.make_database(name, settings)
    databases.use_database(name)
    try:
        _measure(count, builders, SimpleUploadedFile)
    finally:
        from django.db import connections

        connections.close_all()
        databases.drop_database(name, settings)


def _measure(count, builders, upload):
    from django.db import connection

    from contactcenter.campaigns import lifecycle, preparing
    from tenants.tenancy import business_scope
    from tests.contactcenter.campaigns.scene import scene

    business = builders.business("Crowd")
    number, template = scene(business)
    with business_scope(business), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contact (business_id, reference, name, name_key, named_by_us, profile_name, username,"
            " language, created_at) SELECT %s, gen_random_uuid(), 'Ana ' || n, 'ana', true, '', '', 'es', now()"
            " FROM generate_series(0, %s) n",
            [business.pk, count - 1],
        )
        cursor.execute(
            "INSERT INTO contacts_identity (business_id, contact_id, kind, value, created_at) SELECT business_id, id,"
            " 'wa_id', '57300' || lpad((row_number() OVER (ORDER BY id) - 1)::text, 7, '0'), now()"
            " FROM contacts_contact WHERE business_id = %s",
            [business.pk],
        )
        cursor.execute(
            "INSERT INTO contacts_consentevent (business_id, contact_id, kind, scope, source, wording, proof,"
            " occurred_at, recorded_at, key) SELECT business_id, id, CASE WHEN id %% 50 = 0 THEN 'opt_out' ELSE"
            " 'opt_in' END, 'all', 'paper', '', '{}', now() - interval '1 day', now() - interval '1 day', 'p' || id"
            " FROM contacts_contact WHERE business_id = %s",
            [business.pk],
        )
    text = "celular;nombre;pedido\n" + "".join(f"300{n:07};Ana;A-{n}\n" for n in range(count))
    with business_scope(business):
        row = lifecycle.create("Crowd", number, template)
        lifecycle.choose_list(row, upload("crowd.csv", text.encode()))
        row = lifecycle.locked(row)
        row = lifecycle.choose_values(row, row.mapping, country="CO")
        lifecycle.check(row)
    del text
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT pg_backend_pid()")
        [server] = cursor.fetchone()
    servers = busy(server)
    before, began, work = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic(), time.process_time()
    preparing.run_due(600)
    took, work, servers = time.monotonic() - began, time.process_time() - work, busy(server) - servers
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with business_scope(business):
        row.refresh_from_db()
    print(f"{count} people checked in {took:.1f} s, {work:.1f} s of them here, {servers:.1f} s in PostgreSQL")
    print(f"{grown / 1024:.0f} MiB more memory")
    print(f"{row.state} {row.counts}")


def busy(pid):
    """The seconds of processor time that a process of this machine has used."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
