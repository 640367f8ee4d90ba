"""The words of Meta's account news in ours: restrictions, violations, disconnections, alerts, two-step verification.

Docs: "account_update", "account_alerts" and "security" webhook references (2025-11 to 2026-05).
"""

from django.utils.translation import gettext as _


def restriction(word):
    """``(what happened, what it stops, what to do)`` for a ``restriction_type``."""
    wait = _("Wait until it ends, change what caused it, or ask for a review.")
    texts = {
        "RESTRICTED_BIZ_INITIATED_MESSAGING": (
            _("The account may not write first"),
            _("Templates can't be sent. People who write can be answered."),
            _("Pause campaigns and answer who writes. Wait until it ends, or ask for a review."),
        ),
        "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": (
            _("The account may not answer"),
            _("Nothing that the account sends is delivered, not even replies."),
            _("Tell your customers another way to reach you. Wait until it ends, or ask for a review."),
        ),
        "RESTRICTED_ADD_PHONE_NUMBER_ACTION": (
            _("The account may not add numbers"),
            _("Numbers that are there work as before."),
            _("Further numbers wait until it ends."),
        ),
        "RESTRICTED_UTILITY_TEMPLATES": (
            _("The account may not make new utility templates"),
            _("Promotional texts were handed in as utility. Templates that are approved can be sent."),
            _("Hand promotional texts in as marketing. Wait until it ends, or ask for a review."),
        ),
        "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES": (
            _("The account may not send utility messages without a template of its own"),
            _("Approved templates can be sent."),
            wait,
        ),
        "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING": (
            _("Calls are stopped in both directions"), _("Messages work as before."), wait,
        ),
        "RESTRICTED_BUSINESS_INITIATED_CALLING": (
            _("The account may not call people"), _("Messages work as before."), wait,
        ),
        "RESTRICTED_USER_INITIATED_CALLING": (
            _("People can't call the account"), _("Messages work as before."), wait,
        ),
        "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN": (
            _("The call button is hidden"), _("Messages work as before."), wait,
        ),
    }  # fmt: skip
    if word == "NONE":
        return _("No restriction any more"), _("Messages can be sent as before."), ""
    return texts.get(word, (_("Meta has restricted the account: %(word)s") % {"word": word}, "", wait))


def violation(word):
    """What a ``violation_type`` is about."""
    texts = {
        "ADULT": _("adult content"),
        "ALCOHOL": _("alcohol"),
        "ANIMALS": _("animals"),
        "BODY_PARTS_FLUIDS": _("parts or fluids of the human body"),
        "DATING": _("dating"),
        "DIGITAL_SERVICES_PRODUCTS": _("digital services and products"),
        "DRUGS": _("drugs"),
        "GAMBLING": _("gambling"),
        "HEALTHCARE": _("medical products"),
        "ILLEGAL_PRODUCTS": _("illegal products"),
        "MISLEADING": _("misleading claims"),
        "OVERTLY_SEXUALIZED_POSITIONING": _("sexualised presentation"),
        "REAL_FAKE_CURRENCY": _("real, virtual or fake money"),
        "SCAM": _("fraud"),
        "SUPPLEMENTS": _("food supplements"),
        "THIRD_PARTY_INFRINGEMENTS": _("rights of others"),
        "TOBACCO": _("tobacco"),
        "UNAUTHORIZED_MEDIA": _("media without permission"),
        "WEAPONS": _("weapons"),
    }
    return texts.get(word, word)


def account(word):
    """``(look, title, what to do)`` for an event of an account, ``None`` for a word without a text."""
    write = _("If you didn't do this, write to us at once.")
    texts = {
        "ACCOUNT_DELETED": ("stop", _("The account was deleted at Meta"), write),
        "PARTNER_REMOVED": ("stop", _("The account was taken away from our platform"), write),
        "PARTNER_APP_UNINSTALLED": ("stop", _("Our access to the account was removed"), write),
        "ACCOUNT_OFFBOARDED": ("stop", _("The account left the WhatsApp Business Platform"), write),
        "ACCOUNT_RECONNECTED": ("ok", _("The account is connected again"), ""),
        "disabled": ("stop", _("Meta has closed this account"), _("Ask for a review in Business Support.")),
        "disabling": ("stop", _("Meta is going to close this account"), _("Ask for a review in Business Support.")),
        "disconnected": ("stop", _("The account is disconnected"), write),
        "restricted": ("stop", _("Meta has restricted the account"), _("Ask for a review in Business Support.")),
    }
    return texts.get(word) or texts.get(word.lower())


def disconnection(word):
    """Why a number on the WhatsApp Business app left the platform (``disconnection_info.reason``)."""
    texts = {
        "ACCOUNT_DISCONNECTED": _("Somebody disconnected it in the WhatsApp Business app."),
        "BUSINESS_DOWNGRADE": _("The phone went back to WhatsApp Messenger."),
        "CHANGE_NUMBER": _("The number of the app was changed."),
        "COMPANION_INACTIVITY": _("The platform wasn't used for a long time."),
        "PRIMARY_INACTIVITY": _("The phone wasn't used for a long time."),
        "USER_RE_REGISTERED": _("The number was registered on another phone."),
    }
    return texts.get(word, "")


def alert(word):
    """``(look, title, what to do)`` for an ``alert_type``."""
    texts = {
        "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED": (
            "wait",
            _("Meta decides later on a higher messaging limit"),
            _("Go on sending what people expect. Meta looks again by itself."),
        ),
        "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED": (
            "warn",
            _("Meta refused a higher messaging limit"),
            _("Improve what you send first, then verify the company or wait for the next look."),
        ),
        "INCREASED_CAPABILITIES_ELIGIBILITY_NEED_MORE_INFO": (
            "warn",
            _("Meta asks for more before it raises the messaging limit"),
            _("Open Business Support and answer what is asked there."),
        ),
        "OBA_APPROVED": ("ok", _("The official badge was granted"), ""),
        "OBA_REJECTED": ("wait", _("The official badge was refused"), _("The badge page names the day to ask again.")),
        "PROFILE_PICTURE_LOST": (
            "warn", _("The profile picture is gone"), _("Upload the picture again in the number's profile."),
        ),
    }  # fmt: skip
    return texts.get(word, ("wait", _("Alert from Meta: %(word)s") % {"word": word.replace("_", " ").lower()}, ""))


def security(word):
    """``(look, title, what to do)`` for an event of two-step verification."""
    elsewhere = _("If nobody of your company did this, set a new PIN on this page and check who has access.")
    texts = {
        "PIN_CHANGED": ("warn", _("The two-step PIN was changed outside this platform"), elsewhere),
        "PIN_RESET_REQUEST": ("warn", _("Somebody asked to switch two-step verification off"), elsewhere),
        "PIN_REQUEST_SUCCESS": ("warn", _("Two-step verification was switched off"), elsewhere),
        "PIN_RESET_SUCCESS": ("warn", _("Two-step verification was switched off"), elsewhere),
        "PIN_SET_HERE": ("ok", _("A new two-step PIN was set here"), ""),
    }
    return texts.get(word, ("wait", _("Two-step verification: %(word)s") % {"word": word}, elsewhere))
