"""What gates produce: the model, fingerprints and baselines."""
