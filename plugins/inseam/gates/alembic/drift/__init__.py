"""What two databases hold, and where they differ: read from PostgreSQL's own catalogues."""
