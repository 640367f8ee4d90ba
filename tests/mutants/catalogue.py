"""The safeties, how each is taken away, and the few tests that have to notice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patch:
    """Text to replace in the one file among ``files`` (a pattern) that holds it, exactly once."""

    files: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """``drops`` is SQL of one more migration, as (app, SQL). ``tests`` are node IDs; ``-k`` words may follow."""

    name: str
    tests: tuple[str, ...]
    patches: tuple[Patch, ...] = ()
    drops: tuple[str, str] | None = None
    words: str = ""


SENDER = "contactcenter/sender/*.py"
SAFETIES = "tests/contactcenter/test_safeties.py"
UNDERSTAND = "tests/contactcenter/test_understand.py"
DISPATCH = "tests/providers/test_dispatch.py"
OUTBOX = "tests/contactcenter/test_outbox.py"

MUTANTS = [
    # Once, and only once
    Mutant(
        "message_unique",
        (f"{SAFETIES}::test_the_database_itself_keeps_a_message_of_the_provider_once",),
        drops=("contactcenter", "ALTER TABLE contactcenter_message DROP CONSTRAINT message_provider_once"),
    ),
    Mutant(
        "message_idempotency_key",
        (f"{SAFETIES}::test_two_requests_at_once_under_one_key_are_one_message",),
        drops=("contactcenter", "DROP INDEX message_idempotent"),
    ),
    Mutant(
        "outbox_once",
        (f"{SAFETIES}::test_a_message_waits_in_the_outbox_once",),
        drops=(
            "contactcenter",
            "ALTER TABLE contactcenter_outboxitem DROP CONSTRAINT contactcenter_outboxitem_message_id_key",
        ),
    ),
    Mutant(
        "duplicate_delivery",
        (f"{UNDERSTAND}::test_the_same_delivery_ten_times_changes_nothing_after_the_first",),
        (
            Patch(
                "contactcenter/understand/messages.py",
                'conflict="(phone_number_id, provider_id) DO NOTHING"',
                'conflict="(phone_number_id, provider_id) DO UPDATE SET at = EXCLUDED.at"',
            ),
        ),
    ),
    # Order doesn't matter
    Mutant(
        "status_rank_guard",
        (f"{UNDERSTAND}::test_statuses_only_climb_and_keep_each_time",),
        (
            Patch(
                "contactcenter/understand/statuses.py",
                "status = CASE WHEN t.rank > m.rank THEN t.status ELSE m.status END",
                "status = t.status",
            ),
        ),
    ),
    Mutant(
        "accepted_rank_guard",
        ("tests/contactcenter/test_sender.py::test_a_late_answer_does_not_pull_a_message_down",),
        (
            Patch(
                SENDER,
                "status = CASE WHEN m.rank < 2 THEN 'accepted' ELSE m.status END, rank = greatest(m.rank, 2)",
                "status = 'accepted', rank = 2",
            ),
        ),
    ),
    Mutant(
        "window_greatest",
        ("tests/sessions_24h/test_windows.py::test_the_latest_message_decides_in_whatever_order_they_come",),
        (
            Patch("sessions_24h/services.py", "WHERE w.id = h.id AND w.expires_at < h.expires_at", "WHERE w.id = h.id"),
            Patch("sessions_24h/services.py", "WHERE w.expires_at < EXCLUDED.expires_at", "WHERE true"),
        ),
    ),
    # Sending
    Mutant(
        "mark_before_first_byte",
        ("tests/contactcenter/test_sender_faults.py",),
        (Patch(SENDER, "SET state = 'attempted', attempts", "SET state = 'claimed', attempts"),),
        words="after_send",
    ),
    Mutant(
        "sender_lease",
        (f"{OUTBOX}::test_ended_leases_are_told_apart_by_the_attempt_mark",),
        (
            Patch(
                "contactcenter/outbox_tasks.py",
                "WHERE state IN ('claimed', 'attempted') AND lease_until < clock_timestamp()",
                "WHERE state IN ('claimed', 'attempted')",
            ),
            Patch(
                "contactcenter/outbox_tasks.py",
                "WHERE message_id = ANY(%s) AND state = 'attempted' AND lease_until < clock_timestamp()",
                "WHERE message_id = ANY(%s) AND state = 'attempted'",
            ),
        ),
    ),
    Mutant(
        "unknown_is_not_resent",
        (f"{OUTBOX}::test_ended_leases_are_told_apart_by_the_attempt_mark",),
        (
            Patch(
                "contactcenter/outbox_tasks.py",
                "SET state = 'unknown', lease_until",
                "SET state = 'waiting', lease_until",
            ),
        ),
    ),
    Mutant(
        "one_sender_per_number",
        (f"{SAFETIES}::test_a_number_that_one_sender_holds_is_not_taken_over",),
        (
            Patch(
                SENDER,
                "pg_try_advisory_lock((%(room)s::bigint << 32) | number)",
                "true",
            ),
        ),
    ),
    Mutant(
        "window_asked_again_at_leaving",
        ("tests/contactcenter/test_gate.py::test_the_senders_last_look_agrees_with_the_gate",),
        (
            Patch(
                SENDER,
                "WHEN m.kind <> 'template' AND (w.expires_at IS NULL OR w.expires_at <= %(now)s)",
                "WHEN m.kind <> 'template' AND w.expires_at IS NULL AND false",
            ),
        ),
    ),
    Mutant(
        "gate_opt_in",
        ("tests/contactcenter/test_gate.py::test_a_template_needs_approval_the_same_account_and_an_opt_in",),
        (Patch("contactcenter/gate.py", "if not agreed.allowed:", "if not agreed.allowed and False:"),),
    ),
    Mutant(
        "gate_window",
        ("tests/contactcenter/test_gate.py::test_the_window_is_closed_at_exactly_24_hours",),
        (Patch("contactcenter/gate.py", "if not window.is_open(at):", "if False:"),),
    ),
    # Hearing
    Mutant(
        "hmac_compare",
        ("tests/providers/test_signature.py::test_one_changed_byte_breaks_the_signature",),
        (Patch("providers/webhooks/signature.py", "return any(matches)", "return bool(matches)"),),
    ),
    Mutant(
        "answer_after_commit",
        ("tests/providers/test_door.py::test_when_the_database_is_gone_the_answer_is_503_and_then_it_recovers",),
        (Patch("providers/webhooks/group_commit.py", "if not durable:", "if False:"),),
    ),
    Mutant(
        "ledger_writers_lock",
        ("tests/providers/test_ledger.py",),
        (
            Patch(
                "providers/webhooks/ledger.py",
                "SELECT pg_advisory_xact_lock({WRITERS_LOCK[0]}, {WRITERS_LOCK[1]});\n",
                "",
            ),
        ),
        words="commits_late or many_writers",
    ),
    Mutant(
        "dispatch_shard_lock",
        (f"{DISPATCH}::test_one_worker_at_a_time_holds_a_shard",),
        (Patch("providers/webhooks/dispatch.py", "in cursor.fetchall() if is_ours]", "in cursor.fetchall()]"),),
    ),
    Mutant(
        "dispatch_cursor",
        ("tests/providers/test_ledger.py::test_the_cursor_never_moves_back",),
        (Patch("providers/webhooks/ledger.py", "greatest(c.position, EXCLUDED.position)", "EXCLUDED.position"),),
    ),
    Mutant(
        "poison_halving",
        (f"{DISPATCH}::test_the_search_for_a_poisonous_delivery_takes_few_tries",),
        (Patch("providers/webhooks/dispatch.py", "max(1, self.suspects // 2)", "1"),),
    ),
    Mutant(
        "poison_siblings",
        (f"{DISPATCH}::test_the_siblings_inside_a_poisonous_delivery_arrive",),
        (Patch("providers/webhooks/dispatch.py", "elif half := len(group) // 2:", "elif half := 0:"),),
    ),
    Mutant(
        "replay_goes_on_where_it_was",
        ("tests/providers/test_replays.py::test_letters_that_come_later_are_not_the_jobs_business",),
        (
            Patch(
                "providers/replays.py",
                "filter(delivery_id__gt=job.position, delivery_id__lte=job.last_delivery)",
                "filter(delivery_id__gt=job.position)",
            ),
            Patch("providers/replays.py", " or job.done >= job.total", ""),
        ),
    ),
    # Whose data
    Mutant(
        "manager_tenant_filter",
        (f"{SAFETIES}::test_a_scoped_query_names_the_business_itself",),
        (
            Patch(
                "tenants/tenancy.py",
                "return rows if scope.business_id is None else rows.filter(business_id=scope.business_id)",
                "return rows",
            ),
        ),
    ),
    Mutant(
        "row_level_policy",
        ("tests/tenants/test_tenancy.py::test_postgresql_hides_the_neighbours_rows_from_raw_sql",),
        (Patch("tenants/rls.py", "ELSE business_id = current_setting('app.business')::bigint END", "ELSE true END"),),
    ),
    Mutant(
        "row_level_policy_missing",
        ("tests/tenants/test_tenancy.py::test_every_table_is_protected_or_listed_as_outside_tenancy",),
        (
            Patch(
                "tenants/rls.py",
                "if table in present and table not in done:",
                'if table in present and table not in done and table != "contacts_contact":',
            ),
        ),
    ),
    Mutant(
        "stream_membership",
        ("tests/tenants/test_streams.py::test_the_neighbour_finds_nothing",),
        (
            Patch(
                "tenants/streams.py",
                "Membership.objects.filter(user=user, business__slug=slug)",
                "Membership.objects.filter(business__slug=slug)",
            ),
        ),
    ),
    Mutant(
        "role_check",
        ("tests/tenants/test_people.py::test_an_agent_may_not_invite",),
        (Patch("tenants/decorators.py", "if request.role not in allowed:", "if False:"),),
    ),
]
