"""Slips in what a mapping is told to read, and in what is asked of it: types, ranges, paths, ages, margins."""

from __future__ import annotations

from random import Random

from tests.mappings.mutations import Text, at, kind, misspelt


def _field(text: Text, *lines: str) -> int:
    """Add a field to lead.yaml; the index of its first line."""
    index = text.one("^fields:") + 1
    for number, line in enumerate(lines):
        text.insert(index + number, line)
    return index


def _rule(text: Text, *lines: str) -> int:
    """Add a rule to a criterion of scoring.yaml; the index of its first line."""
    index = text.one("- field: need")
    for number, line in enumerate(lines):
        text.insert(index + number, line)
    return index


def _ranges(random: Random) -> tuple[int, int]:
    low = random.randrange(1, 500)
    return low, low + random.randrange(1, 500)


@kind
def type_that_there_is_not(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    right = random.choice(["number", "date", "boolean"])
    wrong = misspelt(random, right)
    index = _field(texts["lead"], f"  extra: {{field: Extra__c, type: {wrong}}}")
    return at(texts["lead"], index, f"`type` cannot be '{wrong}'; did you mean `{right}`?")


@kind
def default_of_another_type(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    type_, sample = random.choice(
        [("number", "a number"), ("date", "a day such as 2026-01-31"), ("boolean", "true or false")]
    )
    wrong = random.choice(["unknown", "none yet", "?"])
    index = _field(
        texts["lead"], "  extra:", "    field: Extra__c", f"    type: {type_}", f"    default: {wrong!r}"
    )
    return at(texts["lead"], index + 3, f"'{wrong}' is not {sample}, as `type: {type_}` says")


@kind
def translation_to_another_type(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    value = random.choice(["High", "Low"])
    index = _field(
        texts["lead"],
        "  extra:",
        "    field: Extra__c",
        "    type: number",
        "    values:",
        "      Gold: 3",
        f"      {value}: many",
    )
    return at(texts["lead"], index + 5, f"`{value}` becomes 'many', which is not a number")


@kind
def ranges_of_a_mapping_that_overlap(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    low, high = _ranges(random)
    index = _field(
        texts["lead"],
        "  extra:",
        "    field: Extra__c",
        "    ranges:",
        f"      - {{less_than: {high}, value: Small}}",
        f"      - {{at_least: {low}, value: Large}}",
    )
    return at(texts["lead"], index + 4, f"this range begins at {low}, before the one above ends ({high})")


@kind
def ranges_of_points_that_overlap(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    low, high = _ranges(random)
    index = _rule(
        texts["scoring"],
        "      - field: need",
        "        ranges:",
        f"          - {{at_least: 0, less_than: {high}, points: 0}}",
        f"          - {{at_least: {low}, points: 5}}",
    )
    return at(texts["scoring"], index + 3, f"this range begins at {low}, before the one above ends ({high})")


@kind
def range_that_holds_nothing(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    low, high = _ranges(random)
    index = _rule(
        texts["scoring"],
        "      - field: need",
        "        ranges:",
        f"          - {{at_least: {high}, less_than: {low}, points: 5}}",
    )
    return at(texts["scoring"], index + 2, f"no number is at least {high} and less than {low}")


@kind
def range_without_an_end(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    low, high = _ranges(random)
    lines = [f"          - {{at_least: {low}, points: 1}}", f"          - {{at_least: {high}, points: 2}}"]
    index = _rule(texts["scoring"], "      - field: need", "        ranges:", *lines)
    return at(texts["scoring"], index + 2, "only the last range goes without `less_than`; add it")


@kind
def points_and_ranges_at_once(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    both = random.choice(["points: {None: 0}", ""])
    lines = ["      - field: need", f"        {both}"] if both else ["      - field: need"]
    ranges = ["        ranges:", "          - {at_least: 1, points: 2}"] if both else []
    index = _rule(texts["scoring"], *lines, *ranges)
    return at(texts["scoring"], index, "give either `points` or `ranges`")


@kind
def points_in_a_range_that_never_count(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    points = random.randrange(26, 99)
    index = _rule(
        texts["scoring"],
        "      - field: need",
        "        ranges:",
        f"          - {{at_least: 1, points: {points}}}",
    )
    return at(texts["scoring"], index + 2, f"{points} points can never count")


@kind
def fading_without_saying_how_fast(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    half = random.choice(["since: visit", "halves_every: 7 days"])
    _field(texts["lead"], "  visit: {field: Visit__c, type: date}")
    index = _rule(texts["scoring"], "      - points: 5", f"        {half}", "        reason: visited")
    return at(texts["scoring"], index, "`since` and `halves_every` go together")


@kind
def fading_by_what_is_no_day(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name = random.choice(["budget", "title", "country"])
    index = _rule(
        texts["scoring"],
        "      - points: 5",
        f"        since: {name}",
        "        halves_every: 7 days",
        "        reason: visited",
    )
    return at(
        texts["scoring"], index + 1, f"`since` is for days, and `{name}` holds none: give it `type: date`"
    )


@kind
def fading_by_a_field_nobody_has(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong = misspelt(random, "industry")
    index = _rule(
        texts["scoring"],
        "      - points: 5",
        f"        since: {wrong}",
        "        halves_every: 7 days",
        "        reason: visited",
    )
    return at(texts["scoring"], index + 1, f"`{wrong}` is no field of lead.yaml; did you mean `industry`?")


@kind
def fading_at_no_pace(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong, message = random.choice(
        [
            ("weekly", "write a length of time like"),
            ("0 days", "it must be more than 0"),
            ("7", "write a length"),
        ]
    )
    _field(texts["lead"], "  visit: {field: Visit__c, type: date}")
    index = _rule(
        texts["scoring"],
        "      - points: 5",
        "        since: visit",
        f"        halves_every: {wrong}",
        "        reason: visited",
    )
    return at(texts["scoring"], index + 2, message)


@kind
def age_of_what_is_no_day(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    operator = random.choice(
        ["older_than: 3 days", "newer_than: 2 weeks", "before: 2026-01-31", "after: 2026-01-31"]
    )
    name = random.choice(["title", "source"])
    index = _rule(
        texts["scoring"],
        "      - points: 5",
        "        reason: lately",
        "        when:",
        f"          {name}: {{{operator}}}",
    )
    return at(texts["scoring"], index + 3, f"`{operator.split(':')[0]}` is for days, and `{name}` holds none")


@kind
def comparison_of_another_type(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    type_, operator, plural = random.choice(
        [
            ("date", "at_least: 5", "numbers"),
            ("number", "contains: x", "texts"),
            ("text", "less_than: 9", "numbers"),
        ]
    )
    _field(texts["lead"], f"  extra: {{field: Extra__c, type: {type_}}}")
    index = _rule(
        texts["scoring"],
        "      - points: 5",
        "        reason: so",
        f"        when: {{extra: {{{operator}}}}}",
    )
    return at(
        texts["scoring"], index + 2, f"`{operator.split(':')[0]}` is for {plural}, and `extra` holds none"
    )


@kind
def age_in_other_words(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong = random.choice(["a week", "7", "7d", "last week"])
    _field(texts["lead"], "  visit: {field: Visit__c, type: date}")
    index = _rule(
        texts["scoring"],
        "      - points: 5",
        "        reason: lately",
        f"        when: {{visit: {{newer_than: {wrong}}}}}",
    )
    return at(
        texts["scoring"], index + 2, "write a length of time like '30 minutes', '48 hours' or '2 weeks', not "
    )


@kind
def day_in_a_condition_that_is_none(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong = random.choice(["2026", "soon", "31.01.2026"])
    _field(texts["lead"], "  visit: {field: Visit__c, type: date}")
    index = _rule(
        texts["scoring"],
        "      - points: 5",
        "        reason: lately",
        f"        when: {{visit: {{before: {wrong}}}}}",
    )
    return at(texts["scoring"], index + 2, "`before` takes a day such as 2026-01-31")


@kind
def path_that_leads_nowhere(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong = random.choice(["Owner.", ".Name", "Owner..Name", "Owner.Role Name", "a.b.c.d.e.f.g"])
    index = _field(texts["lead"], f"  extra: {wrong}")
    return at(texts["lead"], index, f"'{wrong}' is not an API name of a Salesforce field")


@kind
def record_type_with_a_field_of_its_own(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong = misspelt(random, "country")
    text = texts["lead"]
    index = len(text.lines)
    text.lines += ["record_types:", "  Partner:", "    fields:", f"      {wrong}: Country__c"]
    return at(text, index + 3, f"`{wrong}` is none of the `fields` above")


@kind
def field_called_now(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    index = _field(texts["lead"], f"  now: {random.choice(['Now__c', 'CreatedDate'])}")
    return at(texts["lead"], index, "`now` is the time of the decision; give the field another name")


@kind
def margin_wider_than_sense(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    wrong = random.choice([21, 100, -1])
    text = texts["scoring"]
    index = text.insert(text.one("^bands:"), f"margin: {wrong}")
    return at(text, index, f"`margin` is {wrong}; it must be ")


@kind
def field_called_as_activities_are(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name = random.choice(["interactions", "answers", "last_interaction", "last_answer"])
    index = _field(texts["lead"], f"  {name}: Extra__c")
    return at(texts["lead"], index, f"`{name}` is what the activities say; give the field another name")


@kind
def constant_that_cannot_be(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["lead"]
    line, message = random.choice(
        [
            ("Subject: Call them", "sfsync itself writes Subject on each Task; take it out"),
            ("Department: ''", "write a text, a number, true or false, or a day such as 2026-12-25"),
            ("Department__c: [Sales]", "write a text, a number, true or false, or a day such as 2026-12-25"),
            ("RecordTypeId: Sales", "RecordTypeId takes an Id of 15 or 18 characters"),
            ("Our Department: Sales", "'Our Department' is not an API name of a Salesforce field"),
        ]
    )
    text.lines += ["constants:", "  Task:", f"    {line}"]
    return at(text, len(text.lines) - 1, message)


@kind
def constant_of_another_object(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["lead"]
    name = random.choice(["Event", "Lead", "Tasks"])
    text.lines += ["constants:", f"  {name}: {{Department__c: Sales}}"]
    return at(text, len(text.lines) - 1, f"sfsync creates no {name} that could have constants; only Task")


@kind
def condition_that_never_holds(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    when, name = random.choice(
        [
            ("{size: {more_than: 5, less_than: 3}}", "size"),
            ("{size: {at_least: 5, less_than: 5}}", "size"),
            ("{country: {is: US, not_in: [us, CA]}}", "country"),
            ("{source: {blank: true, contains: web}}", "source"),
            ("{all: [{country: US}, {country: [DE, FR]}]}", "country"),
            ("{any: [{size: {more_than: 5, at_most: 5}}, {size: {in: [1, 2], at_least: 3}}]}", "size"),
            ("{acquired: {before: 2026-01-05, after: 2026-01-05}}", "acquired"),
            ("{acquired: {older_than: 2 days, newer_than: 1 day}}", "acquired"),
        ]
    )
    _field(texts["lead"], "  size: {field: NumberOfEmployees, type: number}")
    text = texts["scoring"]
    index = _rule(text, "      - points: 5", "        reason: so it is", f"        when: {when}")
    return at(text, index + 2, f"this never holds: no value of `{name}` fits all that is asked of it")


@kind
def rule_that_is_covered(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    before, last = random.choice(
        [
            (["{country: [US, CA]}"], "{country: us}"),
            (["{country: US}", "{country: CA}"], "{country: [CA, US]}"),
            (["{country: {blank: false}}"], "{country: {starts_with: U}}"),
            (["{title: {contains: head}}"], "{title: {contains: head}, country: US}"),
            (["{acquired: {before: 2026-02-01}}"], "{acquired: {before: 2026-01-01}}"),
            (["{any: [{country: US}, {country: CA}]}"], "{country: CA, source: Web}"),
        ]
    )
    text = texts["routing"]
    part = random.choice(["territories", "expertise"])
    index = text.one(f"^{part}:")
    text.lines[index] = f"{part}:"
    for number, when in enumerate([*before, last]):
        text.insert(index + 1 + number, f"  - {{name: N{number}, when: {when}, reps: {{role: Sales Rep}}}}")
    end = index + 1 + len(before)
    return at(
        text, end, f"no lead gets here: what comes before, up to `N{len(before) - 1}`, takes all of them"
    )


@kind
def time_that_is_never_given(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.one("when: {band: Immediate Sales Contact}")
    band = random.choice(["Immediate Sales Contact", "immediate sales contact"])
    text.insert(index + 1, f"      - {{when: {{band: {band}, country: US}}, time: 2 hours}}")
    return at(text, index + 1, "no lead gets here: what comes before, up to `4 hours`, takes all of them")


@kind
def task_rule_that_is_never_asked(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.one("kind: email, when: {TaskSubtype: Email}")
    when = random.choice(
        ["{TaskSubtype: call}", "{TaskSubtype: [Call]}", "{TaskSubtype: Call, Priority: High}"]
    )
    text.insert(index, f"    - {{kind: meeting, when: {when}}}")
    return at(text, index, "no Task gets here: what comes before, up to `call`, takes all of them")


@kind
def band_in_a_condition_that_is_not_there(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    name = random.choice(["Immediate Sales Contact", "Immediate Executive Contact"])
    wrong = misspelt(random, name)
    index = text.put(text.one(f"when: {{band: {name}}}"), name, wrong)
    return at(text, index, "no band is called '")


@kind
def former_name_of_a_band_that_cannot_be(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["scoring"]
    places = text.all(r"^  - band: ")
    if random.random() < 0.5:
        index = text.insert(random.choice(places) + 1, "    was: Nurture")
        return at(text, index, "`Nurture` is a band of this file, so no other was called so")
    text.insert(places[3] + 1, "    was: Hot")
    text.insert(places[random.randrange(3)] + 1, "    was: Hot")
    return at(text, text.all("was: Hot")[1], "`Hot` can be the former name of one band only")
