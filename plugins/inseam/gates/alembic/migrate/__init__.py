"""Running a service's migrations as they are, in its own environment, on the gate's server."""
