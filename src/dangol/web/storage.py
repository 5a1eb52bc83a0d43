"""Static files under names that change with their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped upstream
    """Hashed and compressed; imports between JavaScript modules get the hashed names, too."""

    support_js_module_import_aggregation = True
