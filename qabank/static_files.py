"""How static files are stored: compressed, and named by what they hold."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's own, which also names in a module the hashed names of what it imports."""

    support_js_module_import_aggregation = True
