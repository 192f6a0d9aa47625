"""What an admin writes that could do nothing, or never what it says: each part is right, and together they are not."""

from __future__ import annotations

from random import Random

from tests.mappings.mutations import Text, at, kind


def _territory(texts: dict[str, Text], when: str) -> int:
    """A territory with this condition; the index of the condition's line."""
    text = texts["routing"]
    index = text.one("^territories:")
    text.lines[index] = "territories:"
    for number, line in enumerate(("  - name: West", f"    when: {when}", "    reps: {role: Sales Rep}"), 1):
        text.insert(index + number, line)
    return index + 2


def _sizes(texts: dict[str, Text]) -> None:
    """A field that is Small, Large or Unknown."""
    text = texts["lead"]
    ranges = "[{less_than: 50, value: Small}, {at_least: 50, value: Large}]"
    text.insert(
        text.one("^  country: "), f"  size: {{field: NumberOfEmployees, ranges: {ranges}, default: Unknown}}"
    )


def _countries(texts: dict[str, Text]) -> None:
    """A country that is translated."""
    text = texts["lead"]
    text.put(
        text.one("^  country: "),
        "(?<=: ).*",
        "{field: Country, values: {Deutschland: Germany, DE: Germany}, default: Unknown}",
    )


@kind
def stage_that_does_not_end_the_clock(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    stage = random.choice(["accepted", "working"])
    index = text.put(text.one(r"met_by: \{stage: "), r"\[", f"[{stage}, ")
    return at(text, index, f"the clock runs in `{stage}`, too, so that going there does not end it")


@kind
def stage_in_which_the_clock_only_rests(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    stage = random.choice(["nurture", "recycled"])
    index = text.one(r"met_by: \{stage: ")
    text.insert(index + 1, f"    paused_while: {{stage: [{stage}]}}")
    return at(text, index, f"the clock only stands still in `{stage}`, so that going there does not end it")


@kind
def starting_anew_with_what_no_clock_asks_for(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.one(r"starts_anew: \[interaction\]")
    if random.random() < 0.5:
        text.lines.pop(index + 1)
    else:
        text.put(index + 1, "interaction: anybody", "stage: [qualified]")
    return at(text, index, "an interaction starts anew only a clock that asks for one")


@kind
def clock_of_leads_that_are_over(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = random.choice(text.all(r"(runs_while: \{stage|^  stage): \["))
    text.put(index, r"\[", "[rejected, ")
    return at(
        text, index, "a lead that is `rejected` is over: no clock runs and no Task is made; take it out"
    )


@kind
def time_for_a_band_without_clocks(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    band = random.choice(["Nurture", "[nurture]", "{is: Nurture}"])
    shown = band if band[0] != "{" else "Nurture"
    index = text.insert(
        text.one("when: {band: Immediate Sales Contact}"),
        f"      - {{when: {{band: {shown}}}, time: {random.randrange(5, 99)} hours}}",
    )
    return at(text, index, "this clock runs in no nurture band, so that no lead gets this time")


@kind
def value_that_no_range_gives(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    _sizes(texts)
    when, words = random.choice(
        [
            ("{size: Smal}", "`size` is never 'Smal', by its ranges in lead.yaml; did you mean `Small`?"),
            ("{size: [Small, Larg]}", "`size` is never 'Larg'"),
            ("{size: {is_not: Huge}}", "`size` is never 'Huge', by its ranges in lead.yaml; there are"),
            ("{not: {size: Unkown}}", "`size` is never 'Unkown'"),
            ("{any: [{country: US}, {size: {not_in: [small, medium]}}]}", "`size` is never 'medium'"),
            (
                "{size: {contains: medium}}",
                "no value of `size` contains 'medium': it is one of Small, Large, Unknown",
            ),
            ("{size: {starts_with: mall}}", "no value of `size` starts with 'mall'"),
            ("{size: {matches: '^Med'}}", "no value of `size` matches '^Med'"),
        ]
    )
    return at(texts["routing"], _territory(texts, when), words)


@kind
def value_that_is_translated(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    _countries(texts)
    when = random.choice(
        ["{country: DE}", "{country: [de, Austria]}", "{country: {is_not: DE}}", "{not: {country: DE}}"]
    )
    wrong = "de" if "de," in when else "DE"
    words = f"`country` is never '{wrong}': lead.yaml makes 'Germany' of it; ask for that"
    return at(texts["routing"], _territory(texts, when), words)


@kind
def table_of_what_a_field_never_becomes(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    index = random.choice(text.all("- field: "))
    if random.random() < 0.5:
        _sizes(texts)
        rule, words = "field: size, points: {Small: 3, Lage: 5}", "`size` is never 'Lage'"
    else:
        _countries(texts)
        rule, words = "field: country, points: {Germany: 3, DE: 5}", "`country` is never 'DE'"
    text.insert(index, f"      - {{{rule}}}")
    return at(text, index, words)


@kind
def comparison_that_no_band_fits(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong, words = random.choice(
        [
            (
                "{contains: Excutive}",
                "no band's name contains 'Excutive': there are Nurture, Scheduled Follow-Up,",
            ),
            ("{starts_with: Sales}", "no band's name starts with 'Sales'"),
            (
                "{at_least: 60}",
                "`at_least` is for numbers, and `band` holds none: ask for something else here",
            ),
            ("60", "no band is called 60; there are `Nurture`"),
        ]
    )
    index = text.put(text.one(r"when: \{band: Immediate Exec"), "Immediate Executive Contact", wrong)
    return at(text, index, words)


@kind
def event_that_a_step_writes_twice(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.one(r"- event: Executive Notified") + 2
    text.insert(index, "          - {event: Executive Notified, post: [manager]}")
    return at(text, index, "`also` writes the event 'Executive Notified' twice; write it once")


@kind
def warning_that_the_owner_never_sees(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    warn, remind = text.one("- step: warn"), text.one("- step: remind")
    told = random.choice(["        post: [manager]", "        post: [executive]", None])
    for index in reversed([one for one in text.all(r"^        (post|task): ") if warn < one < remind + 6]):
        if told is not None and "post" in text.lines[index]:
            text.lines[index] = told
        else:
            text.lines.pop(index)
    return at(text, warn, "from an owner who was warned, and this step does not tell the owner")


@kind
def placeholder_in_two_braces(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = random.choice(text.all(r"says: .*\{owner\}"))
    text.put(index, r"\{owner\}", random.choice(["{{owner}}", "{{ owner }}"]))
    return at(text, index, "write {owner}: a word in two braces is shown as it stands, and not filled in")


@kind
def task_for_an_owner_who_is_a_queue(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["routing"]
    index = text.put(text.one("^task: "), "to: new_owner", "to: owner")
    return at(text, index, "there is no owner here: the lead comes from a queue; write `new_owner`")


@kind
def margin_that_holds_leads_for_ever(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    margin = random.randrange(11, 21)
    index = text.insert(text.one("^bands:"), f"margin: {margin}")
    return at(text, index, f"it leaves at a score of more than 89 + {margin}; write 10 or less")


@kind
def version_longer_than_the_org_keeps(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts[random.choice(["scoring", "sla", "routing", "compliance"])]
    index = text.put(text.one("^version: "), '".*"', '"' + "2026.1-final-" * random.randrange(4, 9) + '"')
    return at(text, index, "`version`")


@kind
def part_of_a_condition_that_never_holds(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong, words = random.choice(
        [
            (
                "not: {all: [{country: US}, {country: DE}]}",
                "this never holds, and `not` of it always does: no value",
            ),
            ("not: {country: {is: US, contains: x, blank: true}}", "this never holds, and `not` of it"),
            (
                "any: [{state: CA}, {country: {in: [US, CA], is: MX}}]",
                "this never holds: no value of `country` fits all",
            ),
            (
                "any: [{state: CA}, {all: [{country: US}, {not: {country: us}}]}]",
                "this never holds: no value of",
            ),
            ("interactions: {less_than: 0}", "this never holds: no value of `interactions` fits all"),
        ]
    )
    return at(texts["routing"], _territory(texts, f"{{{wrong}}}"), words)


@kind
def clock_that_rests_in_each_of_its_statuses(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    rests = random.choice(
        [
            "{status: [Accepted, Working - Contacted]}",
            "{status: [Qualified, Working - Contacted, Accepted]}",
            "{stage: [working], status: [Accepted]}",
        ]
    )
    index = text.insert(text.one("^  qualify:$") + 1, f"    paused_while: {rests}")
    return at(text, index, "the clock stands still wherever it runs: its time never passes")


@kind
def unlisted_twice(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, place, indent = random.choice(
        [("lead", "^stages:$", ""), ("lead", "^  source: ", "source"), ("sla", "^interactions:$", "  ")]
    )
    text = texts[name]
    one, other = random.choice([("Dialer", "dialer"), ("Fax", "Fax")])
    values = f"unlisted: [{one}, {other}]"
    if indent == "source":
        index = text.put(text.one(place), "LeadSource", f"{{field: LeadSource, {values}}}")
    else:
        here = text.one(place)
        index = text.insert(here if name == "lead" else here + 1, f"{indent}{values}")
    return at(text, index, f"`{other}` and `{one}` are one value: delete one of the two")
