"""Where the rules of the rulebook come from, for translation.

The data files keep them in English; what a page shows of them is looked up here (``cited``). A test compares both.
"""

from django.utils.translation import gettext_noop as _

RULES = (
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 16"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 17"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 18"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 20"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 15"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 13"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 19"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 12"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 2"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 8"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 9"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 10"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 7"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 6"
    ),
    _(
        "Meta Help Center 757569725593362, display name guideline, via copies of botmaker (2024-07), fchat, "
        "unifonic and others; rule 3"
    ),
    _("House rule: a person reads what the machine cannot judge"),
    _("WhatsApp Business Messaging Policy, alcohol; violation code ALCOHOL (Meta page of 2025-11-14)"),
    _(
        "WhatsApp Business Messaging Policy, regulated verticals of 2024-08-27 as relayed by hubtype, landbot, "
        "haptik, interakt; the country list is partial"
    ),
    _(
        "WhatsApp Business Messaging Policy, endangered species and wildlife; violation code ANIMALS (Meta page "
        "of 2025-11-14)"
    ),
    _("WhatsApp Business Messaging Policy, live animals; violation code ANIMALS (Meta page of 2025-11-14)"),
    _(
        "House rule: the policy bars the sale of live animals and lets accessories pass; a shop only called one "
        "for pets says neither"
    ),
    _(
        "WhatsApp Business Messaging Policy, adult products and sexualised positioning; violation codes ADULT and"
        " OVERTLY_SEXUALIZED_POSITIONING (Meta page of 2025-11-14)"
    ),
    _("WhatsApp Business Messaging Policy, dating; violation code DATING (Meta page of 2025-11-14)"),
    _("WhatsApp Business Messaging Policy, political parties, politicians, candidates and campaigns"),
    _(
        "WhatsApp Business Messaging Policy and display name guideline, government bodies (Meta Help Center "
        "757569725593362)"
    ),
    _("WhatsApp Business Messaging Policy, terrorist and organised criminal groups"),
    _(
        "WhatsApp Business Messaging Policy, illegal products and services; violation code ILLEGAL_PRODUCTS (Meta"
        " page of 2025-11-14)"
    ),
    _("Provider list of tyntec: recalled and stolen goods, human exploitation, discrimination, forged documents"),
    _("House rule: where the words only hint at a prohibited activity, a person reads"),
    _("WhatsApp Business Messaging Policy, drugs; violation code DRUGS (Meta page of 2025-11-14)"),
    _(
        "WhatsApp Business Messaging Policy, regulated verticals of 2024-08-27 (OTC_DRUGS) as relayed by hubtype,"
        " landbot, haptik, interakt; the country list is partial"
    ),
    _("WhatsApp Business Messaging Policy, unsafe supplements; violation code SUPPLEMENTS (Meta page of 2025-11-14)"),
    _("WhatsApp Business Messaging Policy, hazardous goods and materials"),
    _(
        "WhatsApp Business Messaging Policy, human body parts and fluids; violation code BODY_PARTS_FLUIDS (Meta "
        "page of 2025-11-14)"
    ),
    _(
        "WhatsApp Commerce Policy, digital content and subscriptions; violation code DIGITAL_SERVICES_PRODUCTS "
        "(Meta page of 2025-11-14)"
    ),
    _(
        "WhatsApp Commerce Policy, counterfeits and third-party infringement; violation code "
        "THIRD_PARTY_INFRINGEMENTS (Meta page of 2025-11-14)"
    ),
    _(
        "WhatsApp Commerce Policy, devices for unauthorised media; violation code UNAUTHORIZED_MEDIA (Meta page "
        "of 2025-11-14)"
    ),
    _("WhatsApp Business Messaging Policy, AI providers, for new users from 2025-10-15 and for all from 2026-01-15"),
    _(
        "WhatsApp Business Messaging Policy, medical and healthcare products; violation code HEALTHCARE (Meta "
        "page of 2025-11-14)"
    ),
    _("WhatsApp Business Messaging Policy, telemedicine and health data only where local law permits"),
    _("LegitScript certification for addiction treatment in the US, as relayed by landbot (2024), weak source"),
    _(
        "WhatsApp Business Messaging Policy, real, virtual or fake currency; violation code REAL_FAKE_CURRENCY "
        "(Meta page of 2025-11-14)"
    ),
    _(
        "WhatsApp Business Messaging Policy, short-term and peer-to-peer lending, debt collection, bail bonds; "
        "violation code MISLEADING (Meta page of 2025-11-14)"
    ),
    _(
        "WhatsApp Business Messaging Policy, fraudulent, misleading, deceptive or exploitative models; violation "
        "codes MISLEADING and SCAM (Meta page of 2025-11-14)"
    ),
    _("WhatsApp Business Messaging Policy, multi-level marketing; violation code MISLEADING (Meta page of 2025-11-14)"),
    _("WhatsApp Business Messaging Policy, real-money gambling; violation code GAMBLING (Meta page of 2025-11-14)"),
    _(
        "WhatsApp Business Messaging Policy, regulated verticals of 2024-08-27 (ONLINE_GAMBLING, "
        "PHYSICAL_GAMBLING) as relayed by hubtype, landbot, haptik, interakt; the country list is partial"
    ),
    _(
        "House rule: the policy bars debt collection; who collects its own bills is no collector, so a person "
        "asks whose they are"
    ),
    _("House rule: allowed needs an ordinary trade that is named; a person reads what stays vague"),
    _("WhatsApp Business Messaging Policy, tobacco; violation code TOBACCO (Meta page of 2025-11-14)"),
    _(
        "WhatsApp Business Messaging Policy, firearms, ammunition and explosives; violation code WEAPONS (Meta "
        "page of 2025-11-14)"
    ),
)
"""Of every rule of the automatic checks."""

WAYS = (
    _(
        "Meta for Developers, Tech Provider onboarding, 2025-11-14 (details, connection, documents); papers, days"
        " and tries: help pages of 360dialog, Landbot, Brevo and Turn.io, 2024 to 2026"
    ),
)
"""Of each way to a verified company."""

PRICES = (_("House price list of January 2026"),)
"""Of the price of a further number."""
