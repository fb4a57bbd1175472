"""inseam's engine: policy in, verdict out. Pure Python, knows nothing of Pants."""
