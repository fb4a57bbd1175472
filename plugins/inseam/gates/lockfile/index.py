"""The index that tools use by default, recognised without naming it.

No file of this repository names a package index: an organisation that mirrors one would have to
change it. So the default's addresses are kept as digests, which is enough to know them again.
"""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

DEFAULT = "default"
"""What policy calls it."""

_INDEX = "5a06749b2297be54ac5699f6f2761716"
_HOSTS = frozenset({"a4aa2ac280bb8d1a0ce7a1be5a7bfb10", "c899567ee906851741bf7f3bde17a337"})
_DIGITS = 32


def is_default_index(url: str, *, exact: bool = False) -> bool:
    """Whether `url` is the index that tools use by default.

    Args:
        url: without credentials.
        exact: a slash at its end makes it another one, as it does for uv.
    """
    return _digest(url if exact else url.rstrip("/")) == _INDEX


def is_default_host(host: str) -> bool:
    """Whether the default index's files lie on `host`."""
    return _digest(host.lower().rstrip(".")) in _HOSTS


def host_of(url: str) -> str | None:
    """The host of a URL with its port; None if it has none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    return f"{parts.hostname}{port}" if parts.hostname else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
