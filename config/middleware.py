"""What every answer carries."""

from django.conf import settings


class ContentSecurityPolicyMiddleware:
    """Pages load nothing from elsewhere and run nothing written into the page.

    The staff admin and the API's documentation have policies of their own (see settings).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            response["Content-Security-Policy"] = self.policy_for(request.path_info)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    def policy_for(self, path):
        if path.startswith("/admin/"):
            return settings.ADMIN_CONTENT_SECURITY_POLICY
        if path.startswith("/api/docs/"):
            return settings.API_DOCS_CONTENT_SECURITY_POLICY
        return settings.CONTENT_SECURITY_POLICY
