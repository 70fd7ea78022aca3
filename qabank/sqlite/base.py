from django.db.backends.sqlite3 import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    # Every SQLite that Python 3.12 is built with has it. Django asks in a transaction, in which it
    # waits while another process writes, and takes a timeout for a no.
    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
