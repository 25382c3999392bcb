"""Which version this is."""

from importlib import metadata


def installed_version() -> str:
    """The version of the installed package."""
    try:
        return metadata.version("fuseline")
    except metadata.PackageNotFoundError:
        return "(not installed)"
