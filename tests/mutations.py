"""Mistakes that admins make in the shipped mapping files, each with the line and the words to expect.

The expected line is counted in the text that was changed, without any help from the loader.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

MAPPINGS = Path(__file__).resolve().parents[1] / "mappings"


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


def mutated(random: Random, *kinds: str) -> Mutation:
    """The shipped files with comments strewn in and these mistakes made."""
    texts = shipped()
    for text in texts.values():
        for _ in range(random.randrange(4)):
            text.insert(random.randrange(len(text.lines) + 1), "# " + "x" * random.randrange(9))
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
    name, key, parent = random.choice(
        [
            ("sla", "says", r"- step:"),
            ("sla", "event", r"- step:"),
            ("sla", "at", r"- step:"),
            ("sla", "label", r"^  (assign|accept):"),
            ("sla", "time", r"^  (assign|accept):"),
            ("scoring", "label", r"^  (budget|authority|need|timeline):"),
            ("scoring", "highest", r"- band:"),
            ("scoring", "lowest", r"- band:"),
        ]
    )
    text = texts[name]
    index = random.choice(text.all(rf"^ +{key}:"))
    del text.lines[index]
    owner = max(one for one in text.all(parent) if one < index)
    return at(text, owner, f"`{key}`")


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
def field_that_lead_yaml_does_not_have(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    index = random.choice(text.all("- field: "))
    right = text.lines[index].split(": ")[1]
    wrong = misspelt(random, right)
    text.put(index, rf"(?<=: ){right}", wrong)
    return at(text, index, f"`{wrong}` is no field of lead.yaml; did you mean `{right}`?")


@kind
def field_removed_from_lead_yaml(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name = random.choice(["budget", "authority", "need", "timeline"])
    del texts["lead"].lines[texts["lead"].one(rf"^  {name}: ")]
    text = texts["scoring"]
    return at(text, text.one(rf"- field: {name}$"), f"`{name}` is no field of lead.yaml")


@kind
def calendar_that_is_not_there(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, key = random.choice([("sla", "hours"), ("sla", "grace_hours"), ("routing", "working_hours")])
    text = texts[name]
    wrong = misspelt(random, random.choice(["office", "always"]))
    index = text.put(random.choice(text.all(rf"^ *{key}: ")), rf"(?<={key}: )\w+", wrong)
    return at(text, index, f"`{wrong}` is no calendar of sla.yaml; did you mean ")


@kind
def bands_that_do_not_join(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    index = random.choice(text.all("^    lowest: [369]0"))
    was = int(text.lines[index].split(": ")[1])
    text.put(index, r"\d+", str(was + random.choice([-5, -1, 1, 7])))
    return at(text, index, f"without gap or overlap, so this one begins at {was}")


@kind
def bands_that_end_early(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    highest = random.randrange(90, 100)
    index = text.put(text.one("highest: 100"), "100", str(highest))
    return at(text, index, f"no band holds the scores from {highest + 1} to 100")


@kind
def criteria_that_do_not_add_up(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    wrong = random.choice([26, 30, 40, 99])
    text.put(random.choice(text.all("most: 25")), "25", str(wrong))
    return at(text, text.one("^criteria:"), f"the criteria add up to {75 + wrong}")


@kind
def more_points_than_the_criterion_has(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    wrong = random.randrange(26, 200) * random.choice([1, -1])
    index = text.put(random.choice(text.all("points: {")), r"(?<=: )25(?=})", str(wrong))
    return at(text, index, f"{wrong} points can never count: its criterion goes from 0 to 25")


@kind
def event_misspelt(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = random.choice(text.all(r"event: "))
    right = text.lines[index].split("event: ")[1]
    wrong = misspelt(random, right)
    text.put(index, right, wrong)
    return at(text, index, f"`event` cannot be '{wrong}'; did you mean `{right}`?")


@kind
def event_that_no_step_writes(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong = random.choice(["Met", "Breached", "Band Entered", "Nurtured"])
    index = random.choice(text.all(r"event: (Warned|Reminded|Escalated)"))
    text.put(index, "(?<=event: ).*", wrong)
    return at(text, index, f"no step writes the event '{wrong}'")


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
def stage_without_a_status(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    stage = random.choice(["accepted", "working", "qualified", "recycled"])
    del texts["lead"].lines[texts["lead"].one(rf"^  {stage}: ")]
    text = texts["sla"]
    index = text.put(random.choice(text.all(r"stage: \[open\]")), r"\[open\]", f"[open, {stage}]")
    return at(text, index, f"no status means the stage `{stage}` in lead.yaml")


@kind
def placeholder_misspelt(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = random.choice(text.all(r"says: .*\{\w+\}"))
    right = random.choice(re.findall(r"\{(\w+)\}", text.lines[index]))
    wrong = misspelt(random, right)
    text.put(index, rf"\{{{right}\}}", f"{{{wrong}}}")
    return at(text, index, f"`{{{wrong}}}` is no placeholder; did you mean ")


@kind
def brace_without_partner(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = random.choice(text.all(r"says: .*\{\w+\}"))
    text.put(index, random.choice([r"\}", r"\{"]), "")
    return at(text, index, "a brace `{` or `}` without its partner")


@kind
def new_owner_where_nothing_is_reassigned(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = random.choice(text.all(r"task: \{to: (owner|manager)"))
    text.put(index, r"(?<=to: )\w+", "new_owner")
    return at(text, index, "there is no new_owner here: the step does not reassign the lead")


@kind
def owner_of_a_queue_is_to_act(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.put(text.one(r"task: \{to: manager"), r"(?<=to: )\w+", "owner")
    return at(
        text, index, "there is no owner here: the clock runs while a queue owns the lead; write `manager`"
    )


@kind
def deadline_outside_a_clock(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "routing"])]
    index = random.choice(text.all(r"due: "))
    text.put(index, r"(?<=due: )[^,]+", "deadline")
    return at(text, index, "only a step of a clock has a deadline")


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
        random.choice(text.all("^    time: ")), r"\d+ hours", "0 " + random.choice(["hours", "days"])
    )
    return at(text, index, "`time` is ")


@kind
def steps_out_of_order(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.one("at: (48|72|96) hours", random.randrange(3))
    text.put(index, r"\d+ hours", random.choice(["36 hours", "1 hour", "10 %", "75 %"]))
    return at(text, index, "does not come later than the step before it; put them in order")


@kind
def two_steps_of_one_name(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.one(r"- step: (remind|reassign)", random.randrange(2))
    text.put(index, r"(?<=step: )\w+", "warn")
    return at(text, index, "two steps are called `warn`; a step's name is permanent and its own")


@kind
def name_that_cannot_last(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong = random.choice(["Warn the owner", "WARN", "9th", "warn-1", "x" * 41])
    index = random.choice(text.all(r"- step: |^  (assign|accept):$"))
    text.put(index, r"(?<=step: )\w+|\b(assign|accept)\b", wrong)
    return at(text, index, f"'{wrong}' cannot be a permanent name")


@kind
def former_name_of_a_step_that_exists(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    former = random.choice(["warn", "remind", "escalate", "reassign"])
    index = random.choice(text.all(r"- step: (warn|remind|reassign)"))
    text.insert(index + 1, f"        was: {former}")
    return at(text, index + 1, f"`{former}` is a step of this clock, so no other step was called so")


@kind
def reassigned_without_reassigning(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    line = text.one("reassign: true")
    if random.random() < 0.5:
        text.lines[line] = "        reassign: false"
    else:
        text.lines[line] = ""
    return at(text, text.one("event: Reassigned"), "`event: Reassigned` goes with `reassign: true`")


@kind
def reassigning_without_saying_so(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    event = random.choice(["Escalated", "Executive Notified", "Warned"])
    text.put(text.one("event: Reassigned"), "Reassigned", event)
    return at(text, text.one("reassign: true"), "`reassign: true` goes with `event: Reassigned`")


@kind
def nobody_was_warned(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    for index in text.all("event: (Warned|Reminded)"):
        text.put(index, "(?<=event: ).*", "Executive Notified")
    return at(text, text.one("- step: reassign"), "a lead is taken only from an owner who was warned")


@kind
def step_after_the_lead_is_gone(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = len(text.lines)
    text.lines += [
        "      - step: late",
        f"        at: {random.randrange(97, 300)} hours",
        "        event: Escalated",
        "        says: Too late",
    ]
    return at(text, index, "this step never comes: step `reassign` gives the lead away")


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
def status_that_means_two_things(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["lead"]
    later = random.choice(["working", "qualified", "nurture", "recycled"])
    index = text.put(text.one(rf"^  {later}: "), r"\[", '["Accepted", ')
    return at(
        text, index, f"status 'Accepted' stands for `accepted` and for `{later}`; it can mean one stage"
    )


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
def condition_on_a_field_nobody_has(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["routing"]
    wrong = misspelt(random, "country")
    part = random.choice(["territories", "expertise"])
    index = text.one(f"^{part}:")
    text.lines[index] = f"{part}:"
    shapes = (
        f"{{{wrong}: US}}",
        f"{{any: [{{{wrong}: [US, CA]}}, {{source: Web}}]}}",
        f"{{not: {{{wrong}: US}}}}",
    )
    text.insert(index + 1, "  - name: West")
    text.insert(index + 2, f"    when: {random.choice(shapes)}")
    text.insert(index + 3, "    reps: {role: Sales Rep}")
    return at(text, index + 2, f"`{wrong}` is no field of lead.yaml; did you mean `country`?")


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
def territory_that_is_never_reached(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["routing"]
    index = text.one("^territories:")
    text.lines[index] = "territories:"
    country = random.choice(["US", "DE"])
    text.insert(index + 1, f"  - {{name: One, when: {{country: {country}}}, reps: {{role: Sales Rep}}}}")
    text.insert(index + 2, f"  - {{name: Two, when: {{country: {country}}}, reps: {{role: Others}}}}")
    return at(text, index + 2, "no lead gets here: `One` has the same condition and comes first")


@kind
def absence_that_runs_backwards(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["routing"]
    day = random.randrange(1, 20)
    index = text.one("^absences:")
    text.lines[index] = "absences:"
    text.insert(index + 1, "  - user: anna@example.com")
    text.insert(index + 2, f"    first: 2026-12-{day + 1:02}")
    text.insert(index + 3, f"    last: 2026-12-{day:02}")
    return at(text, index + 3, f"the absence ends on 2026-12-{day:02}, before it begins")


@kind
def calendar_that_makes_no_sense(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong, message = random.choice(
        [
            ("{week: {mon: [['09:00', '17:00']]}}", "`week` needs a `time_zone`"),
            ("{time_zone: Europe/Atlantis, week: {mon: [['09:00', '17:00']]}}", "is not a time zone"),
            ("{time_zone: Europe/Berlin, week: {mon: [['9am', '5pm']]}}", "is not a time"),
            ("{time_zone: Europe/Berlin, week: {mon: [['09:00']]}}", "is not a span"),
            ("{time_zone: Europe/Berlin, week: {mon: []}}", "open"),
            (
                "{time_zone: Europe/Berlin, week: {mno: [['09:00', '17:00']]}}",
                "unknown key `mno`; did you mean `mon`",
            ),
            ("{time_zone: Europe/Berlin}", "give either `business_hours` or `week`"),
            ("{business_hours: default, time_zone: Europe/Berlin}", "have their own time zone"),
        ]
    )
    index = text.put(text.one("^  office: "), r"\{.*\}", wrong)
    return at(text, index, message)


@kind
def fewer_in_a_day_than_in_an_hour(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["compliance"]
    index = text.put(text.one("per_day: 1000"), "1000", str(random.randrange(1, 200)))
    return at(text, index, "in a day is less than 200 in an hour")


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
