"""YAML files as plain data in which every key and value knows its line.

YAML 1.2, and of it only what a mapping file needs: one document of keys, lists and plain values. What YAML
allows beyond that (anchors, tags, several documents, keys that are no text) is refused with its line, and so
is what YAML takes silently, a key that stands twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.tokens import ScalarToken

from sfsync.errors import Problem

Path = tuple[str | int, ...]

_KEY = re.compile(r"\s*(- )?[\w-]+:(\s|$)")
_LARGEST = 1_000_000
_DEEPEST = 30
# Where the lines of what is left out of the data are kept, out of everybody's way.
_NOWHERE = -1
# What a number of a policy may be: exact as a float, and no reckoning with it overflows.
_GREATEST = 10**15
# What word processors and web pages put in place of quotes, and in place of spaces.
_TYPOGRAPHIC = "“”„‟‘’‚‛«»‹›"
_SPACE = r"\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNSEEN = r"\u00ad\u200b\u2060\ufeff"
_INDENTED_OTHERWISE = re.compile(f"[ ]*[{_SPACE}][{_SPACE} ]*(?=\\S)")
_SEPARATED_OTHERWISE = re.compile(f"\\s*(?:- )?[\\w-]+:[{_SPACE}]")
_CONFLICT = re.compile(r"(<{7}|>{7}|\|{7})( |$)|={7}$")
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "timestamp")}


@dataclass(slots=True)
class Source:
    """One file as it was read.

    Attributes:
        file: the file's path as the admin gave it.
        text: as it stands there.
        data: dicts, lists, texts, numbers, booleans, dates and None; None too where nothing could be read.
        readable: whether `data` is what the file says, the mistakes in `problems` left out.
        problems: what is wrong with it as YAML.
        lines: the line of every key and value, by its path.
    """

    file: str
    text: str = ""
    data: Any = None
    readable: bool = False
    problems: list[Problem] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, at: Path) -> int:
        """The 1-based line of what stands at this path, or of the nearest thing around it that exists.

        A plain value's line is its own; that of a list or of a group of keys is the line it is named on.
        """
        while at not in self.lines and at:
            at = at[:-1]
        return self.lines.get(at, 1)

    def get(self, *at: str | int) -> Any:
        """What stands at this path, or None."""
        data = self.data
        for part in at:
            if not holds(data, part):
                return None
            data = data[part]
        return data

    def entries(self, *at: str | int) -> list[tuple[Any, Path]]:
        """What a list or a group of keys holds, each with its path; nothing where there is neither."""
        data = self.get(*at)
        if isinstance(data, dict):
            return [(value, (*at, key)) for key, value in data.items()]
        return [(value, (*at, index)) for index, value in enumerate(data)] if isinstance(data, list) else []

    def problem(self, at: Path, message: str) -> Problem:
        """A mistake in this file at this path."""
        return Problem(self.file, self.line(at), message)


def holds(data: Any, part: str | int) -> bool:
    """Whether this part of a file has such a key or entry."""
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def read(file: str, content: bytes) -> Source:
    """The content of a mapping file; what is wrong with it is in `problems`, nothing is raised.

    Its data and lines are those of every other reading of the same content: nobody changes them.
    """
    found = _read(content)
    return replace(found, file=file, problems=[replace(one, file=file) for one in found.problems])


@lru_cache(maxsize=64)
def _read(content: bytes) -> Source:
    """The content as a file without a name: parsing takes ten times as long as all the rest, and texts come again."""
    source = Source("")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        source.problems.append(Problem("", line, "this is not UTF-8; save the file with the encoding UTF-8"))
        return source
    source.text = text
    if len(content) > _LARGEST:
        source.problems.append(Problem("", 0, "the file is larger than 1 MB; no mapping file is"))
        return source
    source.problems.extend(_of_other_programs(text))
    if source.problems:
        return source
    try:
        _Reader(source, text).read()
    except MarkedYAMLError as error:
        source.problems.append(Problem("", *_syntax(error, text)))
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        source.problems.append(Problem("", line, "a character that no text file holds; delete it"))
    except _TooDeep as deep:
        source.problems.append(
            Problem("", deep.line, f"more than {_DEEPEST} levels deep; no mapping file is")
        )
    return source


def _of_other_programs(text: str) -> Iterator[Problem]:
    """What version control, word processors and web pages leave in a file, and nobody sees as a mistake."""
    for number, line in enumerate(text.splitlines(), 1):
        if _CONFLICT.match(line):
            message = (
                "two versions of the file were not merged here: keep one, and delete the lines like this one"
            )
            yield Problem("", number, message)
        elif line.lstrip().startswith("#"):
            continue
        elif _INDENTED_OTHERWISE.match(line) or _SEPARATED_OTHERWISE.match(line):
            message = (
                "what looks like a space here is another character, such as web pages have; type it anew"
            )
            yield Problem("", number, message)
        elif unseen := re.search(f"[{_UNSEEN}]", line):
            message = (
                f"a character that nobody sees (U+{ord(unseen[0]):04X}) stands in this line; type it anew"
            )
            yield Problem("", number, message)


def _syntax(error: MarkedYAMLError, text: str) -> tuple[int, str]:
    """The line that needs mending, not always the one at which the parser stops, and what is wrong there."""
    unclosed = _unclosed_quote(text)
    if unclosed is not None:
        return unclosed, "the quote that opens here is not closed in this line"
    mark = error.problem_mark
    if "flow" in str(error.context) and error.context_mark is not None:
        mark = error.context_mark
    line = mark.line + 1 if mark is not None else 0
    return line, _what_is_wrong(error, text, line)


def _unclosed_quote(text: str) -> int | None:
    """The line of the first quote that swallows a key of a later line, or the rest of the file."""
    try:
        for token in YAML(typ="safe", pure=True).scan(text):
            if isinstance(token, ScalarToken) and token.style in ("'", '"'):
                first, last = token.start_mark.line, token.end_mark.line
                if any(_KEY.match(line) for line in text.splitlines()[first + 1 : last + 1]):
                    return int(first) + 1
    except MarkedYAMLError as error:
        if "quoted scalar" in str(error.context) and error.context_mark is not None:
            return int(error.context_mark.line) + 1
    return None


def _what_is_wrong(error: MarkedYAMLError, text: str, line: int) -> str:
    problem = str(error.problem)
    around = text.splitlines()[max(line - 2, 0) : line]
    if r"'\t'" in problem:
        return "a tab; YAML is indented with spaces only"
    if "mapping values are not allowed" in problem:
        return (
            "a second `: ` where none can stand; put the text in quotes, or check the indentation of this line and the "
            "one above"
        )
    if "cannot start any token" in problem:
        return "a text that begins with this character needs quotes"
    if "could not find expected ':'" in problem:
        return "a line without `:` after its key; check this line and the one above"
    if "flow" in str(error.context):
        return "a bracket `[` or `{` that opens here is not closed, or a comma is missing in it"
    if any(one.lstrip().startswith("- ") for one in around):
        return "a list and keys do not fit together here; check the indentation of this line and those above"
    return "this is not YAML; check the indentation, the quotes and the brackets of this line and those above"


class _TooDeep(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Reader:
    """Builds the data of one Source from the parser's events."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.yaml = YAML(typ="safe", pure=True)
        self.events: Iterator[Any] = iter(self.yaml.parse(text))

    def read(self) -> None:
        documents = 0
        data: Any = None
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(
                        event, "a second document begins here; a mapping file is one, without `---` in it"
                    )
                    break
                if event.version is not None or event.tags:
                    self.refuse(event, "a line that begins with `%` changes how YAML is read; delete it")
                data = self.value(next(self.events), ())
        if data is None:
            if not self.source.problems:
                self.source.problems.append(Problem(self.source.file, 0, "the file is empty"))
            return
        if not isinstance(data, dict):
            self.source.problems.append(
                self.source.problem((), 'a mapping file holds keys with values, such as `version: "2026.1"`')
            )
            return
        self.source.data = data
        self.source.readable = True

    def refuse(self, event: Any, message: str) -> None:
        self.source.problems.append(Problem(self.source.file, event.start_mark.line + 1, message))

    def value(self, event: Any, at: Path) -> Any:
        line = event.start_mark.line + 1
        if len(at) > _DEEPEST:
            raise _TooDeep(line)
        if isinstance(event, AliasEvent):
            self.refuse(event, f"`*{event.anchor}` repeats what stands elsewhere; write it out")
            return None
        if event.anchor is not None:
            self.refuse(event, f"`&{event.anchor}` names a part to repeat it; mapping files write things out")
        if event.tag is not None:
            self.refuse(
                event,
                f"`{event.tag}` is a YAML tag, which mapping files have no use for; put the text in quotes",
            )
        if isinstance(event, MappingStartEvent):
            self.source.lines.setdefault(at, line)
            return self.mapping(at)
        if isinstance(event, SequenceStartEvent):
            self.source.lines.setdefault(at, line)
            return self.sequence(at)
        # Nothing after a key is seen by the parser only where the next thing begins.
        nothing = event.value == "" and event.style is None
        self.source.lines[at] = self.source.line(at) if nothing else line
        return self.scalar(event)

    def filled(self, event: Any, at: Path, name: str) -> Any:
        data = self.value(event, at)
        if data is None and isinstance(event, ScalarEvent):
            self.source.problems.append(
                self.source.problem(at, f"{name} has no value; give it one, or remove it")
            )
        return data

    def mapping(self, at: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        first: dict[str, int] = {}
        for event in self.events:
            if isinstance(event, MappingEndEvent):
                break
            key, line = self.key(event, at), event.start_mark.line + 1
            if key is None or key in data:
                if key is not None:
                    self.refuse(
                        event, f"`{key}` stands here a second time (first in line {first[key]}); keep one"
                    )
                self.value(next(self.events), (*at, _NOWHERE))
                continue
            first[key] = line
            self.source.lines[(*at, key)] = line
            data[key] = self.filled(next(self.events), (*at, key), f"`{key}`")
        return data

    def key(self, event: Any, at: Path) -> str | None:
        if not isinstance(event, ScalarEvent):
            self.refuse(event, "a key is a text; brackets cannot be one")
            self.value(event, (*at, _NOWHERE))
            return None
        plain = self.value(event, (*at, _NOWHERE))
        if isinstance(plain, str):
            return plain
        written = event.value or "nothing"
        self.refuse(
            event, f"`{written}` as a key is read as {_what(plain)}, not as a text; quote it: '{written}'"
        )
        return None

    def sequence(self, at: Path) -> list[Any]:
        data: list[Any] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            data.append(self.filled(event, (*at, len(data)), f"entry {len(data) + 1} of this list"))
        return data

    def scalar(self, event: ScalarEvent) -> Any:
        tag = self.yaml.resolver.resolve(ScalarNode, event.value, event.implicit)
        if str(tag) not in _PLAIN:
            self.plain_text(event)
            return event.value
        node = ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        try:
            plain = self.yaml.constructor.construct_object(node)
        except (ValueError, OverflowError):
            self.refuse(
                event, f"`{event.value[:40]}` is no day, time or number that exists; correct it, or quote it"
            )
            return event.value
        if isinstance(plain, int | float) and not -_GREATEST < plain < _GREATEST:
            self.refuse(event, f"`{event.value[:40]}` is no number to reckon with")
            return event.value
        return plain

    def plain_text(self, event: ScalarEvent) -> None:
        """Refuse what a text without quotes was not meant to begin or end with."""
        text = event.value
        if event.style is not None or not text:
            return
        if text[0] in _TYPOGRAPHIC:
            self.refuse(event, f"{text[0]} is no quote to YAML, but part of the text: write \" or '")
        elif text != text.strip():
            self.refuse(
                event, "this text ends with a space that nobody sees, as web pages have them; delete it"
            )


def _what(plain: object) -> str:
    if plain is None:
        return "nothing at all"
    if isinstance(plain, bool):
        return "true or false"
    return "a number" if isinstance(plain, int | float) else "a day"
