"""People who are logged in, made in sets: ``[slug, cookie]`` as ``stream_client`` opens streams with."""

from datetime import timedelta

from config.clock import now


def logged_in(businesses, each):
    """``each`` agents per business with a session; one ``[slug, cookie]`` per person, businesses in turn."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.hashers import make_password
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    from tenants.enums import Role
    from tenants.models import Membership, User
    from tenants.tenancy import every_business

    password = make_password("a-long-password")
    first = User.objects.count()
    people = User.objects.bulk_create(
        [
            User(email=f"bench-{first + n}@example.com", full_name=f"Agent {n}", password=password)
            for n in range(len(businesses) * each)
        ]
    )
    places, sessions, memberships = [], [], []
    store = SessionStore()
    for n, person in enumerate(people):
        business = businesses[n % len(businesses)]
        memberships.append(Membership(business=business, user=person, role=Role.AGENT))
        words = {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: person.get_session_auth_hash(),
        }
        key = f"bench{first + n:027}"
        sessions.append(
            Session(session_key=key, session_data=store.encode(words), expire_date=now() + timedelta(days=1))
        )
        places.append([business.slug, f"{settings.SESSION_COOKIE_NAME}={key}"])
    Session.objects.bulk_create(sessions)
    with every_business():
        Membership.objects.bulk_create(memberships)
    return places
