"""A PostgreSQL to run migrations on: somebody's, or one that lives only for the run."""
