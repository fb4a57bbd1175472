"""A service's locked environment, and those of the tools that look at it.

What a gate that needs the environment has to know: `settings.EnvironmentSettings` for its
settings, a `workshop.Workshop` for the environments, `failures.failure` for what went wrong, and
`filelock.exclusive` and `store.remove_unused` for a cache of its own. Nothing is ever installed but
what a lock names; see docs/environments.md.

Nothing is imported here: planning wants the settings alone, in every process.
"""
