"""Two ways to write a number, and search without LIKE."""

import pytest
from django.db import connection

from contacts import numbers
from contacts.models import Contact, ContactToken
from contacts.services import identities, people, search, tokens
from tenants.tenancy import business_scope


def contact(business, name, wa_id):
    return people.get_or_make(business.pk, wa_id=wa_id, name=name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("551187654321", "5511987654321"),
        ("5511987654321", "551187654321"),
        ("525512345678", "5215512345678"),
        ("5215512345678", "525512345678"),
        ("541123456789", "5491123456789"),
        ("5491123456789", "541123456789"),
    ],
)
def test_numbers_that_are_written_in_two_ways(one, other):
    assert numbers.other_form(one) == other
    assert numbers.plain_form(one) == numbers.plain_form(other)


@pytest.mark.parametrize("number", ["551134567890", "5511934567890", "573001112233", "12025550123", "55", "abc", "५५"])
def test_numbers_that_have_one_form(number):
    assert numbers.other_form(number) is None


@pytest.mark.parametrize(
    "query", ["nunez", "NÚÑ", "rosa núñez", "nu ro", "573001", "+57 300 111", "300 111 22", "(300)"]
)
def test_search_finds_the_beginnings_of_names_and_numbers(acme, query):
    with business_scope(acme):
        rosa = contact(acme, "Rosa Núñez", "573001112233")
        contact(acme, "Pedro", "573159998877")

        assert search(query) == [rosa]


@pytest.mark.parametrize("query", ["", "  ", "osa", "rosa pedro", "99", "%", "_", "\\", "'"])
def test_search_finds_nothing_in_the_middle_or_in_wildcards(acme, query):
    with business_scope(acme):
        contact(acme, "Rosa Núñez", "573001112233")
        contact(acme, "Pedro", "573158887766")

        assert search(query) == []


def test_search_never_finds_a_neighbours_contact(acme, globex):
    with business_scope(globex):
        contact(globex, "Rosa", "573001112233")
    with business_scope(acme):
        assert search("rosa") == search("57300") == []


def test_a_renamed_contact_is_found_by_the_new_name_only(acme):
    with business_scope(acme):
        rosa = contact(acme, "Rosa", "573001112233")
        people.rename(rosa, "Margarita")

        assert search("marg") == [rosa]
        assert search("rosa") == []


def test_search_uses_the_index_under_the_policy(acme):
    with business_scope(acme):
        contact(acme, "Rosa", "573001112233")
        rosa = Contact.objects.get()
        ContactToken.objects.bulk_create(
            ContactToken(business=acme, contact=rosa, token=f"filler{n}") for n in range(3000)
        )
        with connection.cursor() as cursor:
            # Whatever other tests left in the statistics, the index that gives this order is the one to look at.
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
            cursor.execute(
                "EXPLAIN SELECT contact_id FROM contacts_contacttoken WHERE business_id = %s "
                "AND token ~>=~ 'ros' AND token ~<~ 'rot' ORDER BY business_id, token USING ~<~",
                [acme.pk],
            )
            plan = "\n".join(row[0] for row in cursor.fetchall())

    [condition] = [line for line in plan.splitlines() if "Index Cond" in line]
    assert "~>=~" in condition and "business_id" in condition


def test_a_claim_without_make_finds_but_never_makes(acme):
    claim = identities.Claim(acme.pk, identities.names(wa_id="573001112233"), make=False)
    with business_scope(acme):
        assert identities.resolve([claim]) == [None]
        rosa = contact(acme, "Rosa", "573001112233")
        assert identities.resolve([claim]) == [rosa.pk]
        assert Contact.objects.count() == 1


def test_somebody_imported_by_telephone_number_is_the_one_who_writes(acme):
    with business_scope(acme):
        imported = people.get_or_make(acme.pk, phone="+57 300 111 2233", name="Rosa")
        writes = people.get_or_make(acme.pk, wa_id="573001112233")

    assert imported == writes


def test_words_of_a_query():
    assert tokens.words_of("+57 (300) 111-22") == ["5730011122"]
    assert tokens.words_of("Ñandú  Café") == ["nandu", "cafe"]


def test_the_quick_national_part_is_what_the_library_says():
    import phonenumbers

    from contacts.numbers import national_part

    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            whole = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            parsed = phonenumbers.national_significant_number(phonenumbers.parse(whole))
            assert national_part(whole[1:]) in ("", parsed), whole
