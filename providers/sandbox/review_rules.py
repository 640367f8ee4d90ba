"""How the reviewer judges "by the rules": Meta's published guidelines, as far as a machine can apply them.

Sources: display name guidelines (Meta Help Center 757569725593362, copies of 2024), template categories (2025-11-14)
and "Template review", common rejection reasons (2025-10-31).
"""

import re

GENERIC = {
    "fashion",
    "support",
    "shop",
    "store",
    "business",
    "company",
    "sales",
    "service",
    "services",
    "help",
    "marketing",
    "info",
    "customer service",
    "tienda",
    "ventas",
    "soporte",
    "empresa",
    "negocio",
    "moda",
    "ayuda",
    "servicio",
    "atencion",
    "atención",
    "loja",
    "vendas",
    "suporte",
    "atendimento",
    "test",
    "prueba",
    "teste",
}
BRANDS = ("whatsapp", "facebook", "instagram", "meta")

PROMOTIONAL = re.compile(
    r"\d\s*%|\b(discount|sale|offer|coupon|promo\w*|deal|free gift|save \d|buy now|shop now|limited time|black friday|"
    r"descuento|oferta|rebaja|cup[oó]n|regalo|ahorra|compra ya|aprovecha|gratis|"
    r"desconto|promoç\w+|cupom|aproveite|compre agora|grátis)\b",
    re.IGNORECASE,
)
ABUSIVE = re.compile(
    r"\b(idiot|stupid|kill you|or else we will|te arrepentir[aá]s|idiota|est[uú]pid[oa]|vamos a ir por ti|"
    r"you will regret|voc[eê] vai se arrepender)\b",
    re.IGNORECASE,
)
SENSITIVE = re.compile(
    r"\b(full|complete|n[uú]mero completo)\b.{0,30}\b(card|account|tarjeta|cuenta|cartão|conta)\b|"
    r"\b(cvv|card number|número de tarjeta|numero de tarjeta|número do cartão|password|contraseña|senha)\b",
    re.IGNORECASE,
)
SHORTENERS = re.compile(r"\b(bit\.ly|tinyurl\.com|goo\.gl|t\.co|wa\.me)/", re.IGNORECASE)


def judge_name(name):
    """``None`` when a display name may stay, else a ``rejection_reason``."""
    text = name.strip()
    plain = text.casefold()
    if len(text) < 3 or len(text) > 75:
        return "NAME_FORMAT_UNACCEPTABLE"
    if re.search(r"www\.|https?:|\.(com|net|org|co|es|mx|br|io)\b", plain):
        return "NAME_FORMAT_UNACCEPTABLE"
    if re.search(r"[®™©]|[\U0001F000-\U0001FAFF\u2600-\u27BF]|\s{2,}|([!?.,*_~#$%^<>|\\/-])\1", text):
        return "NAME_FORMAT_UNACCEPTABLE"
    if re.search(r"[!?*_~#$%^<>|\\{}\[\]]|\d{6,}", text) or not any(char.isalpha() for char in text):
        return "NAME_FORMAT_UNACCEPTABLE"
    words = re.findall(r"\w+", plain)
    if any(word in BRANDS for word in words):
        return "NAME_FORMAT_UNACCEPTABLE"
    if plain in GENERIC or all(word in GENERIC for word in words):
        return "NAME_NOT_CONSISTENT"
    letters = [char for char in text if char.isalpha()]
    if len(letters) > 5 and text.isupper() and " " in text:
        return "NAME_FORMAT_UNACCEPTABLE"
    return None


def _texts(components):
    for component in components:
        if component.get("text"):
            yield component["text"]
        for button in component.get("buttons", ()):
            yield button.get("text", "")
            yield button.get("url", "")
        for card in component.get("cards", ()):
            yield from _texts(card.get("components", ()))


def judge_template(template, components, twins):
    """``(status, reason, category, rejection_info)`` for a submitted template.

    ``twins`` says whether another template of the account has the same body and footer.
    """
    category = template["category"]
    whole = "\n".join(_texts(components))
    body = next((part.get("text", "") for part in components if part.get("type") == "BODY"), "")
    if category == "AUTHENTICATION":
        return "APPROVED", "NONE", category, None
    if ABUSIVE.search(whole):
        return "REJECTED", "ABUSIVE_CONTENT", category, None
    if SENSITIVE.search(whole):
        return "REJECTED", "SCAM", category, None
    if re.search(r"\}\}\s*\{\{", body):
        info = {
            "reason": "Your template has variables right beside each other, with no text between them.",
            "recommendation": "Put words between the variables so that each one is clear.",
        }
        return "REJECTED", "INVALID_FORMAT", category, info
    if SHORTENERS.search(whole):
        info = {
            "reason": "Your template holds a shortened link, which hides where it leads.",
            "recommendation": "Use the full address on your own domain.",
        }
        return "REJECTED", "INVALID_FORMAT", category, info
    if twins:
        info = {
            "reason": "Another template of this account has the same body and footer.",
            "recommendation": "Use the existing template, or change the wording.",
        }
        return "REJECTED", "INVALID_FORMAT", category, info
    words = re.sub(r"\{\{.*?\}\}", " ", body).split()
    if category == "UTILITY" and (PROMOTIONAL.search(whole) or len(words) < 3):
        return "APPROVED", "NONE", "MARKETING", None
    return "APPROVED", "NONE", category, None
