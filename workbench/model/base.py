"""The base of every part of the language: frozen, strict, and helpful about misspelt names."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from workbench.errors import nearest


class Part(BaseModel):
    """A frozen part of the language; unknown names are refused with the nearest valid one."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=False
    )

    @model_validator(mode="before")
    @classmethod
    def _known_names(cls, data: Any) -> Any:
        if isinstance(data, dict):
            known = {field.alias or name for name, field in cls.model_fields.items()}
            for key in data:
                if key not in known and key not in cls.model_fields:
                    hint = nearest(key, known).replace("{", "{{").replace("}", "}}")
                    raise PydanticCustomError("unknown_name", f"{key!r} is not a name used here; {hint}")
        return data

    def to_json(self) -> dict[str, Any]:
        """The part as plain JSON, without what equals the default."""
        dumped: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return dumped
