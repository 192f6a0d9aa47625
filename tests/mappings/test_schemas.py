"""The JSON Schemas that editors use agree with the loader about what may be written."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from sfsync.core.conditions import Condition
from sfsync.mappings.loading import MODELS
from sfsync.mappings.schemas import FILES, schemas, write
from sfsync.mappings.yaml_lines import read
from tests.mappings.mutations import MAPPINGS

DOCS = MAPPINGS.parent / "docs"
MEANINGLESS_HERE = {
    "type",
    "$schema",
    "$comment",
    "$defs",
    "title",
    "description",
    "default",
    "examples",
    "format",
}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str, date),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}


def is_of(value: object, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean") == isinstance(value, bool)


def complaints(value: Any, schema: Any, root: dict[str, Any], at: str = "") -> list[str]:
    """What JSON Schema has against this value, by the keywords that our schemas use; others are an error."""
    kinds = schema.get("type", [])
    if kinds and not any(is_of(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return [f"{at}: {value!r} is not {kinds}"]
    found: list[str] = []
    for keyword, wanted in schema.items():
        match keyword:
            case "$ref":
                found += complaints(value, root["$defs"][wanted.rsplit("/", 1)[1]], root, at)
            case "anyOf":
                if all(complaints(value, one, root, at) for one in wanted):
                    found.append(f"{at}: fits none")
            case "enum":
                found += [] if value in wanted else [f"{at}: {value!r} is not one of {wanted}"]
            case "const":
                found += [] if value == wanted else [f"{at}: {value!r} is not {wanted}"]
            case "required":
                found += [f"{at}: no {key}" for key in wanted if key not in value]
            case "properties":
                for key in wanted.keys() & value.keys():
                    found += complaints(value[key], wanted[key], root, f"{at}.{key}")
            case "additionalProperties":
                for key in value.keys() - schema.get("properties", {}).keys():
                    if wanted is False:
                        found.append(f"{at}: unknown {key}")
                    elif wanted is not True:
                        found += complaints(value[key], wanted, root, f"{at}.{key}")
            case "propertyNames":
                for key in value:
                    found += complaints(key, wanted, root, f"{at}.{key}")
            case "items":
                for index, one in enumerate(value):
                    found += complaints(one, wanted, root, f"{at}[{index}]")
            case "minItems" | "minProperties":
                found += [] if len(value) >= wanted else [f"{at}: too few"]
            case "maxLength":
                found += [] if len(value) <= wanted else [f"{at}: too long"]
            case "minimum":
                found += [] if value >= wanted else [f"{at}: too small"]
            case "maximum":
                found += [] if value <= wanted else [f"{at}: too large"]
            case "exclusiveMinimum":
                found += [] if value > wanted else [f"{at}: too small"]
            case "pattern":
                found += [] if re.search(wanted, value) else [f"{at}: {value!r} does not fit {wanted}"]
            case _:
                assert keyword in MEANINGLESS_HERE, f"a keyword not known here: {keyword}"
    return found


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schemas()[f"{name}.json"])
    return loaded


def test_the_committed_schemas_are_current() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "schemas").glob("*.json")}
    assert committed == schemas(), "run `make schemas` and commit docs/schemas"


def test_the_schemas_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    write(tmp_path / "new" / "schemas")
    assert sorted(path.stem for path in (tmp_path / "new" / "schemas").iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    "directory", [MAPPINGS, *sorted((DOCS / "examples").iterdir())], ids=lambda path: path.name
)
@pytest.mark.parametrize("name", MODELS)
def test_files_that_load_please_the_editor_too(directory: Path, name: str) -> None:
    data = read(name, (directory / f"{name}.yaml").read_bytes()).data
    assert complaints(data, schema(name), schema(name)) == []


@pytest.mark.parametrize("name", MODELS)
def test_each_shipped_file_names_its_schema_to_the_editor(name: str) -> None:
    for file in (MAPPINGS / f"{name}.yaml", *sorted((DOCS / "examples").glob(f"*/{name}.yaml"))):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        named = first.removeprefix("# yaml-language-server: $schema=")
        assert (file.parent / named).resolve() == DOCS / "schemas" / f"{name}.json"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compliance", "{policy: a, version: b, owner_changes: {per_hour: 0, per_day: 1}}"),
        ("compliance", "{policy: a, version: b, owner_changes: {per_hour: 1, per_day: 1}, onwer: x}"),
        ("compliance", "{policy: a, version: 3, owner_changes: {per_hour: 1, per_day: 1}}"),
        ("lead", "{stages: {opne: [A]}, fields: {}}"),
        ("lead", "{stages: {open: [A]}, fields: {a: 'Not A Name'}}"),
        ("lead", "{stages: {open: A}, fields: {}}"),
        ("scoring", "{policy: a, version: b, criteria: {}, bands: []}"),
    ],
)
def test_what_the_editor_underlines_the_loader_refuses(name: str, text: str) -> None:
    data = read(name, text.encode()).data
    assert complaints(data, schema(name), schema(name))
    with pytest.raises(ValueError):
        MODELS[name].model_validate(data)


def test_the_editor_explains_the_keys() -> None:
    fields = schema("routing")["properties"]
    assert fields["capacity"]["description"] == "Open leads outside nurture that a rep carries at most"


def test_the_editor_offers_the_comparisons_of_a_condition() -> None:
    text = json.dumps(schema("routing"))
    assert all(f'"{comparison}"' in text for comparison in ("at_least", "contains", "blank", "starts_with"))


def keys_of(schema: dict[str, Any]) -> set[str]:
    return {
        key
        for part in (schema, *schema.get("$defs", {}).values())
        for one in (part, *part.get("anyOf", ()))
        for key in one.get("properties", {})
    }


@pytest.mark.parametrize("name", MODELS)
def test_the_guide_explains_every_key(name: str) -> None:
    guide = (DOCS / "mappings.md").read_text(encoding="utf-8")
    assert {key for key in keys_of(schema(name)) if f"`{key}`" not in guide} == set()


def examples(section: str) -> dict[str, Any]:
    """What the guide's examples in this section say, put together."""
    guide = (DOCS / "mappings.md").read_text(encoding="utf-8")
    text = guide.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    together: dict[str, Any] = {}
    for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE):
        example = read(section, dedent(block).encode())
        assert example.problems == []
        together |= example.data
    return together


@pytest.mark.parametrize("name", MODELS)
def test_the_examples_in_the_guide_are_ones_that_load(name: str) -> None:
    shipped = read(name, (MAPPINGS / f"{name}.yaml").read_bytes()).data
    shown = examples(f"`{name}.yaml`")
    assert shown or name == "compliance"
    if name == "scoring":
        rest = {"label": "Rest", "most": 75, "rules": shown["criteria"]["need"]["rules"]}
        shown["criteria"] = shown["criteria"] | {"rest": rest}
    header = {} if name == "lead" else examples("At the head of every file but `lead.yaml`")
    MODELS[name].model_validate({**shipped, **header, **shown})


def test_the_conditions_in_the_guide_are_ones_that_load() -> None:
    guide = (DOCS / "mappings.md").read_text(encoding="utf-8")
    written = re.findall(r"^    when: (\{.*\})", guide, re.MULTILINE)
    assert len(written) == 6
    for text in written:
        Condition(read("guide", text.encode()).data)
