"""What Embedded Signup leaves behind: a code, the token it is worth, and what that token may see.

Meta, "Embedded Signup: onboarding business customers" (2025-12): the code lives 30 seconds and works once; the token is
a business integration system user's, scoped to one client, 60 days with the usual configuration.
"""

import json
import secrets

from . import present
from .errors import GraphError, missing
from .own_app import app_id, is_secret
from .router import route
from .store import packed

CODE_LIFE = 30
TOKEN_LIFE = 5_184_000
SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")


def new_code(box, *, redirect_uri, waba_id, scopes=SCOPES):
    """A code for what somebody has just shared."""
    code = "AQ" + secrets.token_urlsafe(48)
    box.store.insert(
        "signup_code",
        code=code,
        redirect_uri=redirect_uri,
        waba_id=waba_id,
        scopes=packed(list(scopes)),
        at=present.now(),
    )
    return code


def _refused(message, subcode):
    return GraphError(100, message=message, subcode=subcode)


@route("GET", "root", "oauth/access_token")
@route("POST", "root", "oauth/access_token")
def access_token(call):
    """Exchange a code for a business token; ``grant_type=client_credentials`` gives an app token."""
    if call.params.get("grant_type") == "client_credentials":
        return {"access_token": f"{app_id()}|{secrets.token_urlsafe(16)}", "token_type": "bearer"}
    code = call.params.get("code")
    if not code:
        raise _refused("Invalid verification code format.", 36008)
    if str(call.params.get("client_id", "")) != app_id():
        raise GraphError(101, message="Error validating application. Cannot get application info.", http=400)
    if not is_secret(str(call.params.get("client_secret", ""))):
        raise GraphError(1, message="Error validating client secret.")
    row = call.store.one("SELECT * FROM signup_code WHERE code = ?", code)
    if row is None:
        raise _refused("Invalid verification code format.", 36008)
    if row["used"]:
        raise _refused("This authorization code has been used.", 36009)
    if present.now() - row["at"] > CODE_LIFE:
        raise _refused("This authorization code has expired.", 36007)
    if str(call.params.get("redirect_uri", "")) != row["redirect_uri"]:
        raise _refused(
            "Error validating verification code. Please make sure your redirect_uri is identical to the one you used "
            "in the OAuth dialog request",
            36008,
        )
    token = "EAAG" + secrets.token_urlsafe(40)
    call.store.run("UPDATE signup_code SET used = 1 WHERE code = ?", code)
    call.store.insert("token", token=token, kind="business", created_at=present.now())
    call.store.insert("token_grant", token=token, waba_id=row["waba_id"], scopes=row["scopes"])
    return {"access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFE}


@route("GET", "root", "debug_token")
def debug_token(call):
    """What a token may do; a token of Embedded Signup is only for the account that was shared."""
    token = call.params.get("input_token")
    if not token:
        raise missing("input_token")
    if not call.box.knows_token(token):
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    grants = call.store.all("SELECT * FROM token_grant WHERE token = ?", token)
    if grants:
        scopes = list(dict.fromkeys(scope for row in grants for scope in json.loads(row["scopes"])))
        targets = {scope: [row["waba_id"] for row in grants if scope in row["scopes"]] for scope in scopes}
        made = call.store.value("SELECT created_at FROM token WHERE token = ?", token)
    else:
        wabas = [row["id"] for row in call.store.all("SELECT id FROM waba ORDER BY created_at DESC")]
        scopes, targets, made = list(SCOPES), dict.fromkeys(SCOPES, wabas), present.now()
    withheld = call.box.options["withheld_scopes"].split()
    scopes = [scope for scope in scopes if scope not in withheld]
    expires = int(made) + TOKEN_LIFE
    return {
        "data": {
            "app_id": app_id(),
            "application": "Umbral sandbox",
            "data_access_expires_at": expires,
            "expires_at": 0 if token == call.box.system_token else expires,
            "granular_scopes": [{"scope": scope, "target_ids": targets[scope]} for scope in scopes],
            "is_valid": True,
            "scopes": ["business_management", *scopes],
            "type": "SYSTEM_USER",
            "user_id": "1000000000000001",
        }
    }


def may_see(store, token, kind, node):
    """Whether a token may touch this node: one of Embedded Signup reaches its own accounts and their numbers."""
    if kind not in ("waba", "number", "business"):
        return True
    grants = {row["waba_id"] for row in store.all("SELECT waba_id FROM token_grant WHERE token = ?", token)}
    if not grants:
        return True
    if kind == "number":
        return store.value("SELECT waba_id FROM number WHERE id = ?", node) in grants
    if kind == "business":
        marks = ", ".join("?" * len(grants))
        owners = store.all(f"SELECT business_id FROM waba WHERE id IN ({marks})", *grants)
        return node in {row["business_id"] for row in owners}
    return node in grants


def is_on_business_app(store, number_id):
    """Whether the number stays in the WhatsApp Business app as well (coexistence)."""
    return bool(store.value("SELECT 1 FROM business_app WHERE number_id = ?", number_id))
