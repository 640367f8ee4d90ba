"""The texts that the platform writes into templates itself (Meta, Template components and Authentication templates)."""

LABELS = {"OTP": "Copy code", "COPY_CODE": "Copy offer code"}


def code(advice):
    """The body of a one-time code, with or without the advice to keep it secret."""
    return "*{{1}}* is your verification code." + (" For your security, do not share this code." if advice else "")


def expiry(minutes):
    """The footer of a one-time code that ends."""
    return f"This code expires in {minutes} minutes."


def completed(components, category):
    """Components as they are given back: labels, body and footer that nobody else wrote stand in them as well."""
    return [_completed(part, category == "AUTHENTICATION") for part in components]


def _completed(part, is_code):
    if is_code and part["type"] == "BODY" and not part.get("text"):
        return {**part, "text": code(part.get("add_security_recommendation") is True)}
    if is_code and part["type"] == "FOOTER" and not part.get("text") and part.get("code_expiration_minutes"):
        return {**part, "text": expiry(part["code_expiration_minutes"])}
    if part["type"] == "BUTTONS":
        return {**part, "buttons": [_labelled(button) for button in part["buttons"]]}
    return part


def _labelled(button):
    label = LABELS.get(button["type"])
    return {**button, "text": label} if label and not button.get("text") else button
