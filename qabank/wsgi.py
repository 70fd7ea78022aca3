"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from qabank.watching import Watched

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qabank.settings")

application = Watched(get_wsgi_application())
