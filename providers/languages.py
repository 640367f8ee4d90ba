"""Language codes of message templates."""


def language_code(code: str) -> str:
    """``code`` as the API wants it: Meta's news says ``en-US`` at times where its API says ``en_US``."""
    language, _, region = code.strip().replace("-", "_").partition("_")
    if len(region) == 2:
        region = region.upper()
    return f"{language.lower()}_{region}" if region else language.lower()
