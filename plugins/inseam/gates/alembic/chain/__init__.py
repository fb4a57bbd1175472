"""The chain of revisions, judged from its files alone: nothing is imported, nothing is run."""
