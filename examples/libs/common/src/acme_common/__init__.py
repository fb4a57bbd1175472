"""What every Acme service shares."""
