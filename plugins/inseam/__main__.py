"""`python -m inseam`."""

from __future__ import annotations

import sys

from inseam.cli import main

if __name__ == "__main__":
    sys.exit(main())
