"""Whose rows can be seen, by the manager and by PostgreSQL itself."""

import pytest
from django.db import DatabaseError, connection, transaction

from contacts.models import Contact
from tenants.rls import POLICY, protected_models
from tenants.tenancy import NoBusinessScope, WrongBusinessScope, business_scope, every_business
from tests import builders


def test_a_query_without_a_scope_raises(db):
    with pytest.raises(NoBusinessScope):
        Contact.objects.first()


def test_a_scope_shows_only_its_own_rows(acme, globex):
    ours = builders.contact(acme)
    builders.contact(globex)

    with business_scope(acme):
        assert list(Contact.objects.all()) == [ours]


def test_postgresql_hides_the_neighbours_rows_from_raw_sql(acme, globex):
    builders.contact(globex)

    with business_scope(acme), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contacts_contact")
        assert cursor.fetchone() == (0,)


def test_postgresql_refuses_to_write_for_the_neighbour(acme, globex):
    with pytest.raises(DatabaseError, match="row-level security"), business_scope(acme):
        Contact.objects.create(business=globex, name="Planted")


def test_raw_sql_outside_a_scope_is_an_error_and_not_an_empty_page(acme):
    builders.contact(acme)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contacts_contact")


def test_after_a_scope_the_callers_transaction_has_no_rights_left(acme):
    with transaction.atomic():
        with business_scope(acme):
            Contact.objects.create(business=acme)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM contacts_contact")


def test_a_scope_inside_the_neighbours_scope_raises(acme, globex):
    with business_scope(acme), pytest.raises(WrongBusinessScope), business_scope(globex):
        pass


def test_leaving_an_inner_scope_restores_the_outer_one(acme, globex):
    builders.contact(acme)
    builders.contact(globex)

    with every_business():
        with business_scope(acme):
            assert Contact.objects.count() == 1
        assert Contact.objects.count() == 2
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM contacts_contact")
            assert cursor.fetchone() == (2,)


def test_a_failed_inner_scope_restores_the_outer_one(acme):
    with every_business():
        with pytest.raises(ZeroDivisionError), business_scope(acme):
            raise ZeroDivisionError
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.business')")
            assert cursor.fetchone() == ("all",)


def test_the_application_role_can_not_bypass_the_policies(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
        assert cursor.fetchone() == (0,)


OUTSIDE_TENANCY = {
    "account_emailaddress", "account_emailconfirmation", "auth_group", "auth_group_permissions",
    "auth_permission", "config_beat", "config_clock", "django_admin_log", "django_content_type",
    "django_migrations", "django_session", "mfa_authenticator", "onboarding_cannedreason", "onboarding_houserulechange",
    "onboarding_providerroute", "onboarding_rulebookedition",
    "providers_deadletter", "providers_delivery", "providers_deliverycursor", "providers_incident",
    "providers_providercall", "providers_replayjob", "providers_sample", "providers_tally",
    "providers_unknownevent", "tenants_apikey", "tenants_business",
    "templates_hsm_librarychange", "templates_hsm_librarytemplate",
    "tenants_invitation", "tenants_mail", "tenants_membership", "tenants_user", "tenants_user_groups",
    "tenants_user_user_permissions", "usersessions_usersession",
}  # fmt: skip


def test_every_table_is_protected_or_listed_as_outside_tenancy(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        unprotected = {name for name, forced in cursor.fetchall() if not forced}
        cursor.execute("SELECT tablename FROM pg_policies WHERE policyname = %s", [POLICY])
        with_policy = {row[0] for row in cursor.fetchall()}

    assert unprotected <= OUTSIDE_TENANCY
    assert with_policy == {model._meta.db_table for model in protected_models()}
