"""What is wrong with how a command was called or with a document that it was given."""

from __future__ import annotations

EXIT_COULD_NOT_RUN = 2


class UsageError(Exception):
    """Printed as one line on stderr; the command ends 2, could not run."""
