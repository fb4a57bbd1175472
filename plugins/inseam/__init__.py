"""inseam's engine: policy in, verdict out. Pure Python, knows nothing of Pants."""

__version__ = "2026.11.0"
