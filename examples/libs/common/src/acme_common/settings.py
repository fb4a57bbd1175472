"""Settings that every service reads from its environment."""

from __future__ import annotations

import enum
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(enum.StrEnum):
    """Where the process runs."""

    LOCAL = "local"
    STAGING = "staging"
    PRODUCTION = "production"


class ServiceSettings(BaseSettings):
    """Base of a service's settings: `ACME_LOG_LEVEL=debug` and the like.

    A service subclasses it and sets its own `env_prefix` if it needs more than these.
    """

    model_config = SettingsConfigDict(env_prefix="ACME_", frozen=True, extra="ignore")

    service: str = "unnamed"
    environment: Environment = Environment.LOCAL
    log_level: Annotated[str, Field(pattern="(?i)^(debug|info|warning|error)$")] = (
        "info"
    )
    request_timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds that a call to another service may take."""

    @property
    def is_production(self) -> bool:
        """Whether mistakes cost money."""
        return self.environment is Environment.PRODUCTION
