"""What other programs, other formats and one's own habits put into the mapping files."""

from __future__ import annotations

import re
from random import Random

from tests.mappings.mutations import Text, at, kind

PLACES = [
    ("lead", "^  country: "),
    ("scoring", "^    label: "),
    ("sla", "^    time: "),
    ("routing", "^queue: "),
]
"""Lines with a key and a text of its own, by file."""


def _calendar(random: Random, texts: dict[str, Text], *lines: str) -> int:
    """A calendar with these lines, put before those that there are; the index of its first line."""
    text = texts["sla"]
    index = text.one("^  office:")
    for number, line in enumerate(("  shop:", *lines)):
        text.insert(index + number, line)
    return index


@kind
def merge_that_was_not_finished(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(sorted(texts))]
    mark = random.choice(["<<<<<<< HEAD", "=======", ">>>>>>> 0a1b2c3", "||||||| base"])
    index = text.insert(random.randrange(len(text.lines) + 1), mark)
    return at(text, index, "two versions of the file were not merged here")


@kind
def space_of_a_web_page(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["sla", "scoring"])]
    space = random.choice("\u00a0\u2003\u3000")
    index = random.choice(text.all(r"^ +\w+: \S"))
    if random.random() < 0.5:
        text.put(index, "^ +", space * 2 + "  ")
    else:
        text.put(index, ": ", ":" + space)
    return at(text, index, "what looks like a space here is another character")


@kind
def character_that_nobody_sees(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(sorted(texts))]
    index = random.choice(text.all(r"^ *[a-z_]+: [\w\[\"{]"))
    text.lines[index] += random.choice("\u200b\u2060\ufeff\u00ad")
    return at(text, index, "a character that nobody sees (U+")


@kind
def quotes_of_a_word_processor(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, pattern = random.choice([one for one in PLACES if one[0] != "sla"])
    text = texts[name]
    opens, closes = random.choice(["“”", "„“", "«»", "‘’"])
    index = random.choice(text.all(pattern))
    text.put(index, r"(?<=: ).*", f"{opens}Lead{closes}")
    return at(text, index, f"{opens} is no quote to YAML")


@kind
def space_at_the_end_that_nobody_sees(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, pattern = random.choice(PLACES)
    text = texts[name]
    index = random.choice(text.all(pattern))
    text.put(index, r"(?<=: ).*", "Lead\u00a0")
    return at(text, index, "this text ends with a space that nobody sees")


@kind
def number_beyond_reckoning(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, key = random.choice([("routing", "capacity"), ("compliance", "per_day"), ("scoring", "most")])
    text = texts[name]
    wrong = random.choice(["9" * 400, "-" + "1" * 20, "1e300", "0x" + "f" * 40, ".inf", ".nan"])
    index = text.put(random.choice(text.all(rf"\b{key}: \d")), rf"(?<={key}: )\d+", wrong)
    return at(text, index, f"`{wrong[:40]}` is no number to reckon with")


@kind
def text_with_nothing_in_it(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, key = random.choice(
        [
            ("routing", "queue"),
            ("sla", "label"),
            ("scoring", "label"),
            ("compliance", "version"),
            ("sla", "policy"),
        ]
    )
    text = texts[name]
    index = random.choice(text.all(rf"^ *{key}: "))
    text.put(index, rf"(?<={key}: ).*", random.choice(['""', "''", '" "']))
    return at(text, index, f"`{key}` is an empty text; write one, or remove it")


@kind
def zone_that_is_no_place(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong, words = random.choice(
        [
            ("Europe/Berln", "did you mean `Europe/Berlin`?"),
            ("Berlin", "did you mean `Europe/Berlin`?"),
            ("America/New York", "did you mean `America/New_York`?"),
            ("MEZ", "is not a time zone; use an IANA name"),
            ("+01:00", "is not a time zone; use an IANA name"),
            ("EST", "has no daylight saving time"),
            ("localtime", "or is the machine's: name a place"),
            ("Etc/GMT+1", "means the opposite"),
        ]
    )
    index = _calendar(random, texts, f"    time_zone: {wrong}", '    week: {mon: [["09:00", "17:00"]]}')
    return at(texts["sla"], index + 1, words)


@kind
def hours_that_are_none(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    day = random.choice(["mon", "sat"])
    wrong, words = random.choice(
        [
            ("[[9:00, 17:00]]", f"{day}: '9:00' is not a time; write it as 09:00, up to 24:00"),
            ("[[9am, 5pm]]", f"{day}: '9am' is not a time"),
            ("[[09:00, 25:00]]", f"{day}: '25:00' is not a time"),
            ("[[09:00, 09:00]]", f"{day}: opens and closes at 09:00; a whole day is"),
            ("[[09:00, 13:00], [12:00, 17:00]]", f"{day}: 12:00 is before the span before it ends"),
            ("[[13:00, 17:00], [09:00, 12:00]]", f"{day}: 09:00 is before the span before it ends"),
            ("[[09:00, 12:00, 17:00]]", f"{day}: ['09:00', '12:00', '17:00'] is not a span"),
            ("[[9, 17]]", 'takes a text, and 9 without quotes is none: write "9"'),
            ("[09:00, 17:00]", "takes a list; write [09:00]"),
            ("09:00-17:00", "takes a list; write [09:00-17:00]"),
        ]
    )
    lines = (
        "    time_zone: Europe/Berlin",
        "    week:",
        '      wed: [["09:00", "17:00"]]',
        f"      {day}: {wrong}",
    )
    return at(texts["sla"], _calendar(random, texts, *lines) + 4, words)


@kind
def percent_of_a_percent(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    if random.random() < 0.5:
        text, key = texts["compliance"], random.choice(["left_to_others", "kept_for_steps"])
    else:
        text, key = texts["sla"], "at"
    index = random.choice(text.all(rf"\b{key}: \d+ %"))
    text.put(index, rf"(?<=\b{key}: )\d+ %", "0.8 %")
    return at(text, index, "'0.8 %' is less than a hundredth; did you mean '80 %'?")


@kind
def status_in_two_cases(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["lead"]
    index = text.put(text.one("^  working: "), r"\]", ", " + random.choice(["ACCEPTED", "accepted"]) + "]")
    return at(text, index, "and `Accepted` are one value; upper and lower case count as the same")


@kind
def field_called_as_conditions_speak(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text, name = texts["lead"], random.choice(["all", "any", "not", "band"])
    index = text.insert(text.one("^  country: "), f"  {name}: City")
    return at(text, index, f"`{name}` has a meaning in conditions; give the field another name")


@kind
def path_as_in_a_formula(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["lead"]
    wrong, right = random.choice([("Lead.Country", "Country"), ("Partner__c.Name", "Partner__r.Name")])
    index = text.one("^  country: ")
    text.put(
        index, "(?<=: ).*", random.choice([wrong, f"{{first_of: [State, {wrong}]}}", f"{{field: {wrong}}}"])
    )
    return at(text, index, f"write `{right}`")


@kind
def former_name_that_was_never_one(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index, indent = random.choice([(text.one("^  accept:$"), 4), (random.choice(text.all("- step: ")), 8)])
    wrong = random.choice(["Accept the lead", "Warn", "warn-owner"])
    text.insert(index + 1, f"{' ' * indent}was: {wrong}")
    return at(text, index + 1, f"'{wrong}' cannot be a permanent name")


@kind
def label_of_another_clock(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    labels = [index for index in text.all("^    label: ") if index > text.one("^clocks:")]
    first, other = sorted(random.sample(labels, 2))
    text.lines[other] = text.lines[first].upper().replace("LABEL:", "label:")
    return at(text, other, "has this label, too: on the lead nobody could tell them apart")


@kind
def band_in_another_case(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    first, other = sorted(random.sample(text.all("^  - band: "), 2))
    name = re.split("band: ", text.lines[first])[1]
    text.put(other, "(?<=band: ).*", name.upper())
    return at(text, other, f"`{name.upper()}` and `{name}` are one value")


@kind
def nurture_everywhere(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    for index in reversed(text.all(r"^    nurture: ")):
        text.lines.pop(index)
    for index in reversed(text.all(r"^  - band: ")):
        text.insert(index + 1, "    nurture: true")
    return at(text, text.one("^bands:"), "every band is `nurture: true`: no clock would ever run")


@kind
def subject_with_a_placeholder(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "routing"])]
    index = random.choice(text.all("subject: "))
    text.put(index, r"(?<=subject: )[^,}]+", '"Call {owner} now"')
    return at(text, index, "a subject is taken as it stands: only `says` has placeholders")


@kind
def day_that_nobody_lives_to_see(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.put(text.one(r"^  days: \["), r"\d+\]", "1000000]")
    return at(text, index, "is 1000000; it must be at most 3650")


@kind
def lateness_that_is_always_over(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.put(text.one("^max_lateness: "), "(?<=: ).*", random.choice(["0 hours", "5 minutes"]))
    return at(text, index, "steps would never be done; allow 1 hour or more")


def _asked(texts: dict[str, Text], field: str, when: str) -> int:
    """A territory that asks this of a field of lead.yaml that is written so; the index of the condition's line."""
    lead, text = texts["lead"], texts["routing"]
    lead.insert(lead.one("^  country: "), f"  wanted: {field}")
    index = text.one("^territories:")
    text.lines[index] = "territories:"
    lines = ("  - name: West", f"    when: {{state: CA, wanted: {when}}}", "    reps: {role: Sales Rep}")
    for number, line in enumerate(lines, 1):
        text.insert(index + number, line)
    return index + 2


@kind
def value_of_another_type(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    type_, wrong, words = random.choice(
        [
            ("boolean", "yes", "holds true or false, and never 'yes'"),
            ("boolean", "{is_not: 'true'}", "holds true or false, and never 'true'"),
            ("boolean", "1", "holds true or false, and never 1"),
            ("number", "many", "holds numbers, and never 'many'"),
            ("number", "['5', 6]", "holds numbers, and never '5'"),
            ("number", "true", "holds numbers, and never True"),
            ("text", "49", 'holds texts, and 49 is none: write "49"'),
            ("text", "{in: [a, true]}", 'holds texts, and true is none: write "true"'),
            ("date", "2026-01-31", "holds days, and no day is just another"),
        ]
    )
    index = _asked(texts, f"{{field: Field__c, type: {type_}}}", wrong)
    return at(texts["routing"], index, f"`wanted` {words}")


@kind
def space_around_a_value(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong = random.choice(["'US '", "[CA, ' US']", "{is_not: 'US\u00a0'}"])
    return at(texts["routing"], _asked(texts, "Field__c", wrong), "begins or ends with a space")


@kind
def comparison_of_another_language(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong, right = random.choice(
        [("'=='", "is"), ("'!='", "is_not"), ("'>'", "more_than"), ("'<='", "at_most"), ("equals", "is")]
    )
    index = _asked(texts, "Field__c", f"{{{wrong}: 5}}")
    return at(texts["routing"], index, f"is no comparison; did you mean `{right}`?")


@kind
def table_of_what_a_field_never_is(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    type_, value, words = random.choice(
        [
            ("boolean", "yes", "holds true or false, and never 'yes'"),
            ("number", "many", "holds numbers, and never 'many'"),
            ("number", "'1,000'", "holds numbers, and never '1,000': give points to `ranges`"),
            ("date", "'2026-01-31'", "holds days"),
        ]
    )
    lead, text = texts["lead"], texts["scoring"]
    lead.insert(lead.one("^  country: "), f"  wanted: {{field: Field__c, type: {type_}}}")
    index = random.choice(text.all("- field: "))
    text.insert(index, f"      - {{field: wanted, points: {{{value}: 3}}}}")
    return at(text, index, f"`wanted` {words}")


@kind
def activity_asked_for_what_it_has_not(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong, words = random.choice(
        [
            ("Owner.Name: Ada", "'Owner.Name' is no field of a Task or an Event itself"),
            ("Task Subtype: Call", "'Task Subtype' is no field of a Task or an Event itself"),
            ("'Subject FROM Lead': Call", "'Subject FROM Lead' is no field of a Task or an Event itself"),
            ("CreatedDate: {older_than: 3 days}", "`older_than` is for days"),
            ("ActivityDate: {before: 2026-01-31}", "`before` is for days"),
        ]
    )
    index = text.put(text.one("kind: call"), "TaskSubtype: Call", wrong)
    return at(text, index, words)


@kind
def expression_that_is_none(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong, words = random.choice(
        [
            ("(?!US)", "'(?!US)' is not a regular expression that RE2 knows: invalid perl operator: (?!"),
            (
                "*US",
                "'*US' is not a regular expression that RE2 knows: no argument for repetition operator: *",
            ),
            ("(US", "'(US' is not a regular expression that RE2 knows: missing ): (US"),
            (
                "[z-a]",
                "'[z-a]' is not a regular expression that RE2 knows: invalid character class range: z-a",
            ),
        ]
    )
    if random.random() < 0.5:
        text = texts["lead"]
        index = text.insert(text.one("^  country: "), f"  wanted: {{field: Field__c, pattern: '{wrong}'}}")
        return at(text, index, words)
    return at(texts["routing"], _asked(texts, "Field__c", f"{{matches: '{wrong}'}}"), words)


@kind
def expression_that_matches_all(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong = random.choice([".*", "x*", "(US)?", "US|"])
    index = _asked(texts, "Field__c", f"{{matches: '{wrong}'}}")
    return at(
        texts["routing"], index, "matches every text; whether there is one is asked with `blank: false`"
    )


@kind
def clock_that_never_counts_or_never_speaks(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    key, words = random.choice(
        [
            (
                "paused_while: {stage: [open]}",
                "the clock stands still wherever it runs: its time never passes",
            ),
            (
                "silent_in: [open, working]",
                "the clock says nothing wherever it runs: its steps are never done",
            ),
        ]
    )
    index = text.insert(text.one("^  accept:$") + 1, f"    {key}")
    return at(text, index, words)


@kind
def absence_of_a_thousand_years(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["routing"]
    last = random.choice(["3026-12-31", "2126-12-31", "9999-12-31"])
    index = text.one("^absences:")
    text.lines[index] = "absences:"
    text.insert(index + 1, f"  - {{user: ada@example.com, first: 2026-12-24, last: {last}}}")
    return at(text, index + 1, f"the absence ends on {last}, years after it begins: correct the year")
