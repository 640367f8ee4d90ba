"""The sandbox: a Graph API server with memory, a telephone in the browser and a control panel.

It speaks the paths, fields, errors, limits and webhooks of Meta's WhatsApp Business Platform over real HTTP, so that
the same client code talks to it and to Meta. It keeps its own store (sqlite and files under ``SANDBOX_DATA``) and
knows nothing of the product. Start it with ``uvicorn providers.sandbox.asgi:app --port 8010``.
"""
