"""The WSGI application that gunicorn serves: Django, behind the page cache, behind the log."""

import os
from wsgiref.types import WSGIApplication

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "qabank.settings"

application: WSGIApplication = get_wsgi_application()

# What follows needs Django's settings.
from django.conf import settings  # noqa: E402

from qabank import urls  # noqa: E402, F401 (an address of the admin that can't be ends the start)
from qabank.request_log import LoggedApplication, write_in_background  # noqa: E402

if not settings.DEBUG:
    from questions.pagecache.cache import PageCache
    from questions.pagecache.watcher import watcher

    application = PageCache(application, watcher())

write_in_background()
application = LoggedApplication(application)
