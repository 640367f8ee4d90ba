"""Graph API errors: one envelope, one catalogue of codes.

Sources: Meta's "Error codes" page of the Cloud API (2025-12-12, 2026-05-15) and the OpenAPI description v23.0.
"""

import secrets
import string

TITLES = {
    0: ("AuthException", 401),
    1: ("An unknown error occurred", 400),
    2: ("Service temporarily unavailable", 503),
    4: ("Application request limit reached", 429),
    10: ("Application does not have permission for this action", 403),
    100: ("Invalid parameter", 400),
    104: ("This method must be called with an access token", 401),
    190: ("Invalid OAuth access token - Cannot parse access token", 401),
    200: ("Permissions error", 403),
    368: (
        "The action attempted has been deemed abusive or is otherwise disallowed",
        403,
    ),
    2200: ("Callback verification failed", 400),
    80007: ("Rate limit issues", 400),
    80008: ("There have been too many calls to this WhatsApp Business account.", 400),
    130403: ("Business blocked the user", 400),
    130429: ("Rate limit hit", 400),
    130472: ("User's number is part of an experiment", 400),
    130497: (
        "Business account is restricted from messaging users in this country.",
        403,
    ),
    131000: ("Something went wrong", 500),
    131008: ("Required parameter is missing", 400),
    131009: ("Parameter value is not valid", 400),
    131016: ("Service unavailable", 500),
    131021: ("Recipient cannot be sender", 400),
    131026: ("Message undeliverable", 400),
    131031: ("Account has been locked", 403),
    131037: (
        "WhatsApp provided number needs display name approval before message can be sent.",
        400,
    ),
    131042: ("Business eligibility payment issue", 400),
    131047: ("Re-engagement message", 400),
    131048: ("Spam rate limit hit", 400),
    131049: (
        "This message was not delivered to maintain healthy ecosystem engagement.",
        400,
    ),
    131050: ("User has stopped marketing messages", 400),
    131051: ("Unsupported message type", 400),
    131052: ("Media download error", 400),
    131053: ("Media upload error", 400),
    131056: ("(Business Account, Consumer Account) pair rate limit hit", 400),
    131057: ("Account in maintenance mode", 400),
    131059: ("Invalid pagination cursor", 400),
    131062: ("BSUID recipients not supported for this message", 400),
    132000: ("Number of parameters does not match the expected number of params", 400),
    132001: ("Template name does not exist in the translation", 404),
    132005: ("Translated text too long", 400),
    132007: ("Template format character policy violated", 400),
    132012: ("Parameter format does not match format in the created template", 400),
    132015: ("Template is Paused", 400),
    132016: ("Template is Disabled", 400),
    132018: ("Template parameter text not allowed", 400),
    133005: ("Two step verification PIN Mismatch", 400),
    133006: ("Phone number re-verification needed", 400),
    133008: ("Too many two step verification PIN guesses", 400),
    133010: ("Phone number not registered", 400),
    133016: ("Account register rate limit exceeded", 400),
    134100: ("Only marketing messages supported", 400),
    136024: ("Request code error", 400),
    136025: ("Verify code error", 400),
    139100: ("Failed to block/unblock some users", 400),
    139101: ("Blocklist limit reached", 400),
}

TEMPLATE_SUBCODES = {
    2388019: "Message template limit exceeded",
    2388023: "Message template language is being deleted",
    2388024: "Content in This Language Already Exists",
    2388039: "Template cannot be edited in its current status",
    2388040: "Character limit exceeded",
    2388043: "Message template is missing expected field(s)",
    2388047: "Message header format is incorrect",
    2388072: "Message body format is incorrect",
    2388073: "Message footer format is incorrect",
    2388293: "Parameters to words ratio exceeds limit",
    2388299: "Leading or trailing parameters not allowed",
}

HELP = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
_ALPHABET = string.ascii_letters + string.digits + "_-"


def trace_id():
    """A reference as Graph puts it into ``fbtrace_id``."""
    return "A" + "".join(secrets.choice(_ALPHABET) for _ in range(22))


class GraphError(Exception):
    """A refusal in Graph's own words: ``code`` decides, ``details`` explains."""

    def __init__(
        self,
        code,
        details=None,
        *,
        message=None,
        http=None,
        subcode=None,
        title=None,
        user_message=None,
        kind="OAuthException",
        transient=None,
        retry_after=None,
    ):
        known, status = TITLES.get(code, ("Unknown error", 400))
        super().__init__(details or known)
        self.code = code
        self.title = known
        self.details = details
        self.message = message or f"(#{code}) {known}"
        self.http = http or status
        self.subcode = subcode
        self.user_title = title
        self.user_message = user_message
        self.kind = kind
        self.transient = transient
        self.retry_after = retry_after

    def envelope(self):
        """The answer's body: ``{"error": {...}}``."""
        error = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details is not None:
            error["error_data"] = {
                "messaging_product": "whatsapp",
                "details": self.details,
            }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.transient is not None:
            error["is_transient"] = self.transient
        if self.user_title is not None:
            error["error_user_title"] = self.user_title
            error["error_user_msg"] = self.user_message or self.user_title
        error["fbtrace_id"] = trace_id()
        return {"error": error}

    def in_webhook(self):
        """The same refusal as it stands in ``statuses[].errors``."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details or self.title},
            "href": HELP,
        }


def invalid(details, **more):
    """Code 100: a parameter that can't be used."""
    return GraphError(100, details, **more)


def missing(name):
    """Code 100: a parameter that isn't there, worded as Graph words it."""
    return GraphError(100, message=f"(#100) The parameter {name} is required.")


def no_such_object(node, method="get"):
    """Code 100, subcode 33: unknown id, or one this token may not see."""
    return GraphError(
        100,
        message=(
            f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to "
            "missing permissions, or does not support this operation. Please read the Graph API documentation at "
            "https://developers.facebook.com/docs/graph-api"
        ),
        subcode=33,
        kind="GraphMethodException",
    )


def template_refused(subcode, explanation=None, code=100):
    """A template that may not even be submitted (``error_subcode`` 2388xxx)."""
    title = TEMPLATE_SUBCODES[subcode]
    return GraphError(
        code,
        message="Invalid parameter",
        subcode=subcode,
        title=title,
        user_message=explanation or f"{title}.",
        transient=False,
    )
