"""From findings and policy to pass, violation or could-not-run."""
