"""The raw ledger of deliveries: insert-only, partitioned by day of arrival, read by a cursor over ``id``.

Made by hand, because Django's models know neither partitions nor functions. ``providers/webhooks/ledger.py`` explains
how it is written and read.
"""

from django.db import migrations

from config import env
from config.clock import now

LEDGER = """
CREATE SEQUENCE providers_delivery_id_seq AS bigint CACHE 1;

CREATE TABLE providers_delivery (
    id bigint NOT NULL DEFAULT nextval('providers_delivery_id_seq'),
    received_at timestamptz NOT NULL,
    provider smallint NOT NULL DEFAULT 1,
    shard smallint NOT NULL,
    body bytea NOT NULL
) PARTITION BY RANGE (received_at);

ALTER SEQUENCE providers_delivery_id_seq OWNED BY providers_delivery.id;
CREATE INDEX providers_delivery_shard_id ON providers_delivery (shard, id);
CREATE TABLE providers_delivery_default PARTITION OF providers_delivery DEFAULT;

CREATE FUNCTION providers_delivery_is_insert_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'The ledger of deliveries is insert-only.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON providers_delivery
FOR EACH ROW EXECUTE FUNCTION providers_delivery_is_insert_only();
"""

# A partition is attached and not created in place, so that writers of other days never wait. Rows that the default
# partition caught move over first; locking it keeps new ones out meanwhile. What can't get its lock in time waits for
# the next run, and so does a day that was not digested to its end.
PREPARE = """
CREATE FUNCTION providers_prepare_partitions(
    today date, ahead_days int, keep_days int,
    OUT made int, OUT dropped int, OUT held_back int, OUT astray bigint
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' SET timezone = 'UTC' AS $$
DECLARE
    day date;
    part text;
    starts timestamptz;
    ends timestamptz;
    undigested boolean;
BEGIN
    IF ahead_days NOT BETWEEN 0 AND 60 OR keep_days < 8 THEN
        RAISE EXCEPTION 'Prepare at most 60 days ahead and keep at least 8: Meta repeats a delivery for seven days.';
    END IF;
    made := 0; dropped := 0; held_back := 0;
    SELECT count(*) INTO astray FROM (SELECT 1 FROM public.providers_delivery_default LIMIT 10000) AS few;

    FOR day IN SELECT today + n FROM generate_series(-keep_days, ahead_days) AS n LOOP
        part := 'providers_delivery_' || to_char(day, 'YYYYMMDD');
        starts := day::timestamptz;
        ends := (day + 1)::timestamptz;
        CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
        CONTINUE WHEN day < today - 1 AND NOT EXISTS (
            SELECT 1 FROM public.providers_delivery_default AS d
            WHERE d.received_at >= starts AND d.received_at < ends
        );
        BEGIN
            LOCK TABLE public.providers_delivery_default IN ACCESS EXCLUSIVE MODE;
            EXECUTE format('CREATE TABLE public.%I (LIKE public.providers_delivery INCLUDING DEFAULTS)', part);
            EXECUTE format(
                'WITH moved AS (DELETE FROM public.providers_delivery_default '
                'WHERE received_at >= $1 AND received_at < $2 RETURNING *) INSERT INTO public.%I SELECT * FROM moved',
                part
            ) USING starts, ends;
            EXECUTE format(
                'ALTER TABLE public.providers_delivery ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                part, starts, ends
            );
            made := made + 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            held_back := held_back + 1;
        END;
    END LOOP;

    FOR part IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.providers_delivery'::regclass
        AND c.relname ~ '^providers_delivery_[0-9]{8}$'
        AND to_date(right(c.relname, 8), 'YYYYMMDD') < today - keep_days
        ORDER BY c.relname
    LOOP
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM public.%I AS d WHERE d.id > coalesce('
            '(SELECT c.position FROM public.providers_deliverycursor AS c WHERE c.shard = d.shard), 0))',
            part
        ) INTO undigested;
        IF undigested THEN
            held_back := held_back + 1;
            CONTINUE;
        END IF;
        BEGIN
            EXECUTE format('DROP TABLE public.%I', part);
            dropped := dropped + 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            held_back := held_back + 1;
        END;
    END LOOP;

    DELETE FROM public.providers_delivery_default AS d
    WHERE d.received_at < (today - keep_days)::timestamptz AND d.id <= coalesce(
        (SELECT c.position FROM public.providers_deliverycursor AS c WHERE c.shard = d.shard), 0
    );
END $$;

REVOKE ALL ON FUNCTION providers_prepare_partitions(date, int, int) FROM PUBLIC;
"""

BACK = """
DROP FUNCTION providers_prepare_partitions(date, int, int);
DROP TABLE providers_delivery;
DROP FUNCTION providers_delivery_is_insert_only();
"""


def let_the_application_prepare(apps, schema_editor):
    """``DATABASE_URL`` names the application's role; within ``migrate`` the settings name the owner."""
    application = env.postgres("DATABASE_URL")
    if application is not None:
        role = schema_editor.connection.ops.quote_name(application["USER"])
        schema_editor.execute(
            f"GRANT EXECUTE ON FUNCTION providers_prepare_partitions(date, int, int) TO {role}"
        )


def prepare_the_first_week(apps, schema_editor):
    schema_editor.execute("SELECT providers_prepare_partitions(%s, 7, 9)", [now().date()])


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial")]

    operations = [
        migrations.RunSQL(LEDGER, migrations.RunSQL.noop),
        migrations.RunSQL(PREPARE, BACK),
        migrations.RunPython(let_the_application_prepare, migrations.RunPython.noop),
        migrations.RunPython(prepare_the_first_week, migrations.RunPython.noop),
    ]
