"""What every template may use."""

from django.conf import settings

THEMES = ("light", "dark")


def product(request):
    """The product's name, the chosen theme, and the business area's navigation."""
    from config import navigation  # apps fill it while they load

    theme = request.COOKIES.get("theme", "")
    return {
        "PRODUCT_NAME": settings.PRODUCT_NAME,
        "SUPPORT_EMAIL": settings.SUPPORT_EMAIL,
        "THEME": theme if theme in THEMES else "",
        "nav_items": navigation.items_for(request) if getattr(request, "business", None) else [],
    }
