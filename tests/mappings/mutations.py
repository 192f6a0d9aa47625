"""Mistakes that admins make in the shipped mapping files, each with the line and the words to expect.

The expected line is counted in the text that was changed, without any help from the loader.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"


@dataclass(slots=True)
class Text:
    """The lines of one mapping file, being edited."""

    name: str
    lines: list[str]

    def all(self, pattern: str) -> list[int]:
        """The indexes of the lines in which this pattern is found."""
        return [index for index, line in enumerate(self.lines) if re.search(pattern, line)]

    def one(self, pattern: str, nth: int = 0) -> int:
        """The index of the nth such line."""
        return self.all(pattern)[nth]

    def put(self, index: int, pattern: str, new: str) -> int:
        """Replace within a line; what is replaced must be there."""
        changed = re.sub(pattern, lambda _: new, self.lines[index], count=1)
        assert changed != self.lines[index], (self.name, index, pattern)
        self.lines[index] = changed
        return index

    def insert(self, index: int, line: str) -> int:
        """Put a line before this one."""
        self.lines.insert(index, line)
        return index


@dataclass(slots=True)
class Mutation:
    """One mistake, made.

    Attributes:
        kind: the class of mistake.
        texts: the files as they are now, by name.
        expected: name of the file, 1-based line (0: the file as a whole), a part of the message.
    """

    kind: str
    texts: dict[str, bytes]
    expected: list[tuple[str, int, str]] = field(default_factory=list)


Make = Callable[[Random, dict[str, Text]], tuple[str, int, str]]
KINDS: dict[str, Make] = {}


def kind(make: Make) -> Make:
    """Register a class of mistakes under its function's name."""
    KINDS[make.__name__] = make
    return make


def shipped() -> dict[str, Text]:
    """The shipped mapping files."""
    return {
        path.stem: Text(path.stem, path.read_text().splitlines()) for path in sorted(MAPPINGS.glob("*.yaml"))
    }


WAYS = 6
"""So many ways there are to strew comments into a file: few, so that files come again that are read already."""


def strewn(way: int, text: Text) -> None:
    """Put comments between the lines of this file, in one of the ways; in the first there are none."""
    random = Random(f"{text.name} {way}")
    for _ in range(min(way, 3)):
        text.insert(random.randrange(len(text.lines) + 1), "# " + "x" * random.randrange(9))


def mutated(random: Random, *kinds: str) -> Mutation:
    """The shipped files with comments strewn in and these mistakes made."""
    texts = shipped()
    for text in texts.values():
        strewn(random.randrange(WAYS), text)
    expected = [KINDS[name](random, texts) for name in kinds]
    contents = {
        name: ("\n".join(text.lines) + "\n").encode("utf-8", "surrogateescape")
        for name, text in texts.items()
    }
    return Mutation(", ".join(kinds), contents, expected)


def at(text: Text, index: int, message: str) -> tuple[str, int, str]:
    return text.name, index + 1, message


def misspelt(random: Random, word: str) -> str:
    """The word with one slip of the finger, never another word of the files."""
    place = random.randrange(1, len(word))
    slips = (
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
        word[:place] + random.choice("qxz") + word[place + 1 :],
    )
    return random.choice([slip for slip in slips if slip not in (word, "") and slip[0].isalpha()])
