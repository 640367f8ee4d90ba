"""Who can log in to a rehearsal; printed by ``make run`` and made by ``manage.py demo``."""

PASSWORD = "umbral-rehearsal"

PEOPLE = (
    ("staff@umbral.example", "ISV staff, reviews in the admin"),
    ("carolina@enviosdelvalle.example", "owner of Envíos del Valle (Spanish)"),
    ("lucia@enviosdelvalle.example", "agent at Envíos del Valle"),
    ("harper@northgate.example", "owner of Northgate Clinic (English)"),
    ("miles@northgate.example", "agent at Northgate Clinic"),
)
