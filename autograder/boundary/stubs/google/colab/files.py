"""There is no browser to send files to or to take them from."""


def upload(*args, **kwargs):
    """No files."""
    return {}


def download(*args, **kwargs):
    """Do nothing."""
