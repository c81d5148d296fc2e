"""The base of everything that a portable scorer holds: frozen and validated data that is stored as JSON."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Data that can't change, with no fields but the declared ones, and only finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
