"""Policy: YAML in, located and typed layers, one effective policy per service out."""
