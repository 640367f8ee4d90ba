"""The floor's own small project: the same server, database and secrets, and no middleware at all."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = ["tests.bench.floors.textbook"]
MIDDLEWARE = []
ROOT_URLCONF = "tests.bench.floors.webhook"
AUTH_USER_MODEL = "auth.User"
