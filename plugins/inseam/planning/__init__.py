"""What has to run: per service and gate the effective policy, cut into work units."""
