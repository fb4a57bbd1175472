"""`uv.lock` against the projects that it is for: by their files, and by uv where these do not tell.

What uv compares stands in `crates/uv-resolver/src/lock/mod.rs` (`Lock::satisfies`) and
`crates/uv/src/commands/project/lock.rs` (`ValidatedLock::validate`) of astral-sh/uv.
"""
