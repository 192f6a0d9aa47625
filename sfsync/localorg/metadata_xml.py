"""One metadata file: its path, the name it stands under, and its XML without namespaces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from sfsync.localorg.draft import MetadataError


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file."""

    path: Path
    name: str
    root: ElementTree.Element


def read_source(path: Path, name: str) -> Source:
    """The file of this path. Raises MetadataError when it is not XML."""
    try:
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    except ElementTree.ParseError as error:
        raise MetadataError(f"{path}: {error}") from error
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return Source(path, name, root)


def flag(node: ElementTree.Element, tag: str) -> bool:
    """The child of this tag says `true`."""
    return node.findtext(tag) == "true"
