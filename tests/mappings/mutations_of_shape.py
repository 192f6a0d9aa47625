"""Slips that one line shows: misspelt, of the wrong kind, or no YAML."""

from __future__ import annotations

import re
from random import Random

from tests.mappings.mutations import Text, at, kind, misspelt

_KEYS = {
    "scoring": (
        "label",
        "most",
        "rules",
        "field",
        "points",
        "lowest",
        "highest",
        "nurture",
        "priority",
        "criteria",
    ),
    "sla": (
        "grace_hours",
        "label",
        "hours",
        "runs_while",
        "steps",
        "event",
        "says",
        "reassign",
        "subject",
        "also",
    ),
    "routing": (
        "managers",
        "executive",
        "queue",
        "territories",
        "capacity",
        "working_hours",
        "absences",
        "priority",
    ),
    "compliance": ("owner_changes", "per_hour", "per_day", "reviewed_on", "signed_by", "effective_from"),
    "lead": ("stages", "fields"),
}


@kind
def misspelt_key(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(sorted(_KEYS))]
    key = random.choice(_KEYS[text.name])
    index = random.choice(text.all(rf"^[^#]*\b{key}:"))
    wrong = misspelt(random, key)
    text.put(index, rf"\b{key}:", f"{wrong}:")
    return at(text, index, f"unknown key `{wrong}`; did you mean `{key}`?")


@kind
def key_that_nobody_knows(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "sla", "routing", "compliance"])]
    index = text.insert(text.one("^policy:"), "zzz_" + str(random.randrange(1000)) + ": 1")
    return at(text, index, "unknown key `zzz_")


@kind
def key_deleted(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, key = random.choice(
        [
            ("sla", "says"),
            ("sla", "event"),
            ("sla", "at"),
            ("sla", "label"),
            ("sla", "time"),
            ("scoring", "label"),
            ("scoring", "highest"),
            ("scoring", "lowest"),
        ]
    )
    text = texts[name]
    index = random.choice(text.all(rf"^ +{key}:"))
    depth = _depth(text.lines.pop(index))
    owner = max(one for one in range(index) if text.lines[one][:1] != "#" and _depth(text.lines[one]) < depth)
    return at(text, owner, f"`{key}`")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip()) if line.strip() else 99


@kind
def version_without_quotes(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "sla", "routing", "compliance"])]
    wrong = random.choice(["2026.1", "3", "2026-01-01", "true"])
    index = text.put(text.one("^version:"), r'".*"', wrong)
    return at(text, index, f'`version` takes a text, and {wrong} without quotes is none: write "{wrong}"')


@kind
def number_with_a_unit(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, key = random.choice(
        [
            ("routing", "capacity"),
            ("compliance", "per_hour"),
            ("compliance", "per_day"),
            ("scoring", "lowest"),
            ("scoring", "highest"),
            ("scoring", "most"),
        ]
    )
    text = texts[name]
    wrong = random.choice(["'5'", "many", "10 leads", "true", "[7]"])
    index = text.put(random.choice(text.all(rf"\b{key}: \d")), rf"(?<={key}: )\d+", wrong)
    return at(text, index, f"`{key}` takes a ")


@kind
def key_twice(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(sorted(texts))]
    index = random.choice(text.all(r"^ *\w+: *[\w\"\[]"))
    key = text.lines[index].split(":")[0].strip()
    text.insert(index + 1, text.lines[index])
    return at(text, index + 1, f"`{key}` stands here a second time (first in line {index + 1})")


@kind
def tab_for_indentation(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "sla", "lead"])]
    index = random.choice(text.all(r"^ +\w+:"))
    text.put(index, "^ +", "\t")
    return at(text, index, "a tab; YAML is indented with spaces only")


@kind
def event_misspelt(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = random.choice(text.all(r"event: "))
    right = text.lines[index].split("event: ")[1]
    wrong = misspelt(random, right)
    text.put(index, right, wrong)
    return at(text, index, f"`event` cannot be '{wrong}'; did you mean `{right}`?")


@kind
def person_misspelt(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["sla", "scoring", "routing"])]
    index = random.choice(text.all(r"to: (owner|manager|new_owner)"))
    right = re.findall(r"to: (\w+)", text.lines[index])[0]
    wrong = misspelt(random, right)
    text.put(index, rf"(?<=to: ){right}", wrong)
    return at(text, index, f"`to` cannot be '{wrong}'; did you mean `{right}`?")


@kind
def stage_misspelt(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong = misspelt(random, "open")
    index = text.put(random.choice(text.all(r"stage: \[open\]")), r"\bopen\b", wrong)
    return at(text, index, f"cannot be '{wrong}'")


@kind
def due_in_other_words(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "routing", "sla"])]
    wrong = random.choice(["tomorrow", "3 days", "in a week", "in three days", "Today"])
    index = random.choice(text.all(r"due: "))
    text.put(index, r"(?<=due: )[^,]+", wrong)
    return at(text, index, f"write `today`, `deadline` or `in 3 days`, not '{wrong}'")


@kind
def length_of_time_in_other_words(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    key = random.choice(["time", "grace", "max_lateness"])
    wrong = random.choice(["48", "48h", "two days", "48 hrs", "-1 hours", "1 month", "48:00"])
    index = text.put(random.choice(text.all(rf"^ *{key}: ")), rf"(?<={key}: ).*", wrong)
    return at(text, index, "write a length of time like '30 minutes', '48 hours' or '2 weeks', not ")


@kind
def clock_without_time(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.put(
        random.choice(text.all("^    time: ")), r"\d+ \w+$", "0 " + random.choice(["hours", "days"])
    )
    return at(text, index, "`time` is ")


@kind
def name_that_cannot_last(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong = random.choice(["Warn the owner", "WARN", "9th", "warn-1", "x" * 41])
    index = random.choice(text.all(r"- step: |^  (assign|accept):$"))
    text.put(index, r"(?<=step: )\w+|\b(assign|accept)\b", wrong)
    return at(text, index, f"'{wrong}' cannot be a permanent name")


@kind
def quote_that_is_never_closed(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "sla", "routing", "compliance"])]
    pattern, quoted = random.choice([("^version:", r'".*"'), ("^version:", r'".*"'), ("says:", r'".*"')])
    index = random.choice(text.all(pattern) or text.all("^version:"))
    text.put(index, quoted, random.choice(['"2026', "'2026", '"']))
    return at(text, index, "the quote that opens here is not closed in this line")


@kind
def bracket_that_is_never_closed(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "sla", "routing", "compliance", "lead"])]
    index = random.choice(text.all(r"^[^#]*[\]}]\s*$"))
    text.put(index, r"[\]}]\s*$", "")
    return at(text, index, "that opens here is not closed, or a comma is missing in it")


@kind
def value_forgotten(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, key = random.choice(
        [
            ("routing", "reps"),
            ("routing", "capacity"),
            ("sla", "task"),
            ("sla", "grace"),
            ("sla", "label"),
            ("scoring", "label"),
            ("scoring", "most"),
        ]
    )
    text = texts[name]
    index = text.put(
        random.choice(text.all(rf"^ *{key}: ")), rf"(?<={key}: ).*", random.choice(["", "~", "null"])
    )
    return at(text, index, f"`{key}` has no value; give it one, or remove it")


@kind
def no_api_name(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["lead"]
    name = random.choice(["budget", "country", "title", "source"])
    wrong = random.choice(["Lead Source", "Annual-Revenue", "1st", "Größe"])
    index = text.put(text.one(rf"^  {name}: "), r"(?<=: ).*", wrong)
    return at(text, index, f"'{wrong}' is not an API name of a Salesforce field")


@kind
def table_with_a_condition(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    index = random.choice(text.all("- field: "))
    text.insert(index + 1, f"        when: {{country: {random.choice(['US', 'Germany'])}}}")
    return at(text, index, "a table of points goes with `field`, and with no `when`")


@kind
def points_without_a_reason(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    index = random.choice(text.all("- field: "))
    text.insert(index, f"      - {{points: {random.randrange(1, 20)}, when: {{country: US}}}}")
    return at(text, index, "say the `reason` in a rep's words")


@kind
def points_that_are_no_points(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    wrong = random.choice(["'8'", "high", "true", "[8]"])
    index = random.choice(text.all("points: {"))
    text.put(index, r"(?<=: )(8|5)(?=,)", wrong)
    return at(text, index, " takes a number, without quotes or unit, not ")


@kind
def key_that_is_no_text(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    wrong = random.choice(["null", "~", "5", "2026-01-01", "true", "1.5"])
    index = random.choice(text.all("points: {"))
    text.put(index, r"\{", f"{{{wrong}: 3, ")
    return at(text, index, f"`{wrong}` as a key is read as ")


@kind
def day_that_does_not_exist(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "sla", "routing", "compliance"])]
    key = random.choice(["effective_from", "reviewed_on"])
    wrong = random.choice(["2026-02-30", "2026-13-01", "01.10.2026", "soon", "20260101", "October 2026"])
    index = text.put(text.one(f"^{key}:"), r"(?<=: ).*", wrong)
    return at(text, index, "")


@kind
def text_for_a_list(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "sla", "routing", "compliance"])]
    who = random.choice(["Head of Sales", "Anna"])
    index = text.put(text.one("^signed_by:"), r"\[.*\]", who)
    return at(text, index, f"`signed_by` takes a list; write [{who}]")


@kind
def comparison_misspelt(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["routing"]
    right = random.choice(["at_least", "contains", "starts_with", "matches", "less_than"])
    wrong = misspelt(random, right)
    index = text.one("^territories:")
    text.lines[index] = "territories:"
    text.insert(index + 1, "  - name: West")
    text.insert(index + 2, f"    when: {{state: CA, country: {{{wrong}: 5}}}}")
    text.insert(index + 3, "    reps: {role: Sales Rep}")
    return at(text, index + 2, f"`{wrong}` is no comparison; did you mean `{right}`?")


@kind
def part_named_to_be_repeated(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    text.put(text.one("^grace: "), "4 hours", "&four 4 hours")
    index = text.put(text.one("^max_lateness: "), "30 days", "*four")
    return at(text, index, "`*four` repeats what stands elsewhere; write it out")


@kind
def not_utf8(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(sorted(texts))]
    index = random.randrange(len(text.lines))
    text.lines[index] += " # \udcfc"
    return at(text, index, "this is not UTF-8")


@kind
def nothing_in_the_file(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(sorted(texts))]
    text.lines = random.choice([[], ["# nothing yet"], ["", ""]])
    return text.name, 0, "the file is empty"


@kind
def list_for_the_whole_file(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(sorted(texts))]
    text.lines = ["- " + line if line.strip() else line for line in ["policy", "version"]]
    return at(text, 0, "a mapping file holds keys with values")
