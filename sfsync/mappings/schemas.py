"""JSON Schemas of the mapping files, for completion and first checks in an admin's editor.

    python -m sfsync.mappings.schemas docs/schemas

writes them anew (`make schemas`). They show an editor the keys, their meaning and the values of short lists.
What a schema cannot say (that a field or a calendar exists, that bands join) is said by `sfsync check`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sfsync.core.policies_document import PoliciesDocument
from sfsync.mappings.loading import CHOICE, MODELS

FILES: Mapping[str, type[BaseModel]] = {**MODELS, CHOICE: PoliciesDocument}


def schemas() -> dict[str, str]:
    """The text of each schema by its file's name."""
    return {f"{name}.json": _text(name) for name in FILES}


def _text(name: str) -> str:
    schema = _as_written(FILES[name].model_json_schema())
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Written by `make schemas`; do not edit.",
        "title": f"mappings/{name}.yaml",
    }
    return json.dumps({**schema, **head}, indent=2, ensure_ascii=False) + "\n"


def _as_written(schema: Any) -> Any:
    """The schema without what no admin writes: nulls, which the loader refuses, and pydantic's titles."""
    if isinstance(schema, list):
        return [_as_written(one) for one in schema if one != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            plain[key] = {name: _as_written(one) for name, one in value.items()}
        elif key != "title" and not (key == "default" and value is None):
            plain[key] = _as_written(value)
    if len(plain.get("anyOf", ())) == 1:
        return {**plain.pop("anyOf")[0], **plain}
    return plain


def write(directory: Path) -> None:
    """Write the schemas into this directory, which is made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/schemas"))
