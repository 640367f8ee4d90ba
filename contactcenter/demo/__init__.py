"""What ``manage.py demo`` tells: three weeks of two businesses and of a staff queue, lived through the services.

``stage`` moves the installation's clock into the past and forward again, speaks to the sandbox and waits for effects;
``people``, ``applications``, ``templates`` and ``conversations`` do what people would do; the ``stories_*`` say what.
"""
