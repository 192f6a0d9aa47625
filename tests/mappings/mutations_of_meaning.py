"""Mistakes that show only when parts of the files are held against each other."""

from __future__ import annotations

import re
from random import Random

from tests.mappings.mutations import Text, at, kind, misspelt


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
def event_that_no_step_writes(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong = random.choice(["Met", "Breached", "Band Entered", "Nurtured"])
    index = random.choice(text.all(r"event: (Warned|Reminded|Escalated)"))
    text.put(index, "(?<=event: ).*", wrong)
    return at(text, index, f"no step writes the event '{wrong}'")


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
    index = random.choice(text.all(r"^        task: \{to: (owner|manager)"))
    text.put(index, r"(?<=to: )\w+", "new_owner")
    return at(text, index, "there is no new_owner here: the step does not reassign the lead")


@kind
def owner_of_a_queue_is_to_act(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.put(text.one(r"^        task: \{to: manager"), r"(?<=to: )\w+", "owner")
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
def steps_out_of_order(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.one("at: (48|72|96) hours", random.randrange(3))
    text.put(index, r"\d+ \w+", random.choice(["36 hours", "1 hour", "10 %", "75 %"]))
    return at(text, index, "does not come later than the step before it; put them in order")


@kind
def two_steps_of_one_name(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    index = text.one(r"- step: (remind|reassign)", random.randrange(2))
    text.put(index, r"(?<=step: )\w+", "warn")
    return at(text, index, "two steps are called `warn`; a step's name is permanent and its own")


@kind
def former_name_of_a_step_that_exists(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    former = random.choice(["warn", "remind", "escalate", "reassign"])
    index = random.choice(text.all(r"- step: (warn|remind|reassign)"))
    text.insert(index + 1, f"        was: {former}")
    return at(text, index + 1, f"`{former}` is a step of this clock, so no other was called so")


@kind
def former_name_of_a_clock_that_exists(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    former = random.choice(["assign", "accept"])
    index = random.choice(text.all(r"^  (assign|accept):$"))
    text.insert(index + 1, f"    was: {former}")
    return at(text, index + 1, f"`{former}` is a clock of this file, so no other was called so")


@kind
def removed_that_is_there(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, place, indent, one, what = random.choice(
        [
            ("sla", "^  accept:$", 4, "warn", "a step of this clock"),
            ("sla", "^max_lateness:", 0, "accept", "a clock of this file"),
            ("scoring", "^policy:", 0, "Nurture", "a band of this file"),
        ]
    )
    text = texts[name]
    index = text.insert(text.one(place) + 1, f"{' ' * indent}removed: [{one}]")
    return at(text, index, f"`{one}` is {what}, and not removed: delete it in one of the two places")


@kind
def removed_that_has_another_name(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name, place, indent, now = random.choice(
        [
            ("sla", "^      - step: warn$", 8, "warn"),
            ("sla", "^  accept:$", 4, "accept"),
            ("scoring", "^  - band: Nurture$", 4, "Nurture"),
        ]
    )
    text = texts[name]
    text.insert(text.one(place) + 1, f"{' ' * indent}was: former")
    if now == "warn":
        index = text.insert(text.one("^  accept:$") + 1, "    removed: [former]")
    else:
        index = text.insert(text.one("^policy:"), "removed: [former]")
    return at(text, index, f"`former` was not removed: `{now}` says with `was` that it was called so")


@kind
def removed_that_cannot_be(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    place, indent = random.choice([("^  accept:$", 4), ("^max_lateness:", 0)])
    wrong, told = random.choice(
        [
            ("[nudge, nudge]", "`nudge` stands in this list twice: delete one"),
            ("[Warn the owner]", "'Warn the owner' cannot be a permanent name"),
        ]
    )
    return at(text, text.insert(text.one(place) + 1, f"{' ' * indent}removed: {wrong}"), told)


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
    index = text.one("^  # P7:") - 1
    for line in (
        "        says: Too late",
        "        event: Escalated",
        f"        at: {random.randrange(97, 300)} hours",
        "      - step: late",
    ):
        text.insert(index, line)
    return at(text, index, "this step never comes: step `reassign` gives the lead away")


@kind
def status_that_means_two_things(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["lead"]
    later = random.choice(["working", "qualified", "nurture", "recycled"])
    index = text.put(text.one(rf"^  {later}: "), r"\[", '["Accepted", ')
    return at(
        text, index, f"status 'Accepted' stands for `accepted` and for `{later}`; it can mean one stage"
    )


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
            ("{business_hours: default, holidays: some}", "write `all`, `none`, or a list of days"),
            (
                "{time_zone: Europe/Berlin}",
                "give either `business_hours`, or `week` with `time_zone`, or `choose`",
            ),
            ("{business_hours: default, otherwise: always}", "`choose` and `otherwise` go together"),
            (
                "{business_hours: default, time_zone: Europe/Berlin}",
                "have their own time zone; remove it here",
            ),
            (
                "{special_hours: {'2026-12-24': []}}",
                "give either `business_hours`, or `week` with `time_zone`",
            ),
            (
                "{choose: [{when: {band: Nurture}, use: always}], otherwise: always, special_hours: {}}",
                "the calendars under `choose` have their own hours and holidays; remove them here",
            ),
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
def holiday_that_is_neither_day_nor_name(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong = random.choice(["25.12.2026", "2026-13-01", "24", "12/25", "true"])
    index = text.put(text.one("^  office: "), r"\{.*\}", "")
    text.lines[index] = "  office:"
    for line in (f"      - {wrong}", "      - Christmas", "    holidays:", "    business_hours: default"):
        text.insert(index + 1, line)
    return at(text, index + 4, "write a day such as 2026-12-25, or a Holiday's name in quotes, not ")


@kind
def special_hours_that_are_none(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    wrong, message = random.choice(
        [
            ("'24.12.2026': []", "'24.12.2026' is not a date; write it as 2026-12-25"),
            ("'12/24/2026': []", "'12/24/2026' is not a date; write it as 2026-12-25"),
            ("Christmas: []", "'Christmas' is not a date; write it as 2026-12-25"),
            ("thu: [['09:00', '13:00']]", "'thu' is not a date; write it as 2026-12-25"),
            ("'2026-02-29': []", "'2026-02-29' is not a date: "),
            ("'1624-12-24': []", "1624-12-24 is not between the years 1700 and 4000"),
            ("'2026-12-24T00:00': []", "'2026-12-24T00:00' is not a date; write it as 2026-12-24"),
            ("2026-12-24: []", "`2026-12-24` as a key is read as a day, not as a text; quote it"),
            ("'2026-12-24': [['9:00', '13:00']]", "2026-12-24: '9:00' is not a time"),
            ("'2026-12-24': [['09:00', '25:00']]", "2026-12-24: '25:00' is not a time"),
            ("'2026-12-24': [['24:00', '02:00']]", "2026-12-24: 24:00 is the end of a day"),
            ("'2026-12-24': [['09:00', '09:00']]", "2026-12-24: opens and closes at 09:00"),
            (
                "'2026-12-24': [['09:00', '13:00'], ['12:00', '14:00']]",
                "2026-12-24: 12:00 is before the span",
            ),
            (
                "'2026-12-24': [['13:00', '14:00'], ['09:00', '12:00']]",
                "2026-12-24: 09:00 is before the span",
            ),
            ("'2026-12-24': [['09:00']]", "2026-12-24: ['09:00'] is not a span"),
            ("'2026-12-24': ['09:00', '13:00']", "takes a list; write [09:00]"),
            ("'2026-12-24': closed", "takes a list; write [closed]"),
            ("'2026-12-24':", "`2026-12-24` has no value; give it one, or remove it"),
            ("'2026-12-31': []", "`2026-12-31` stands here a second time"),
        ]
    )
    hours = (
        "    business_hours: default",
        "    time_zone: Europe/Berlin\n    week: {mon: [['09:00', '17:00']]}",
    )
    lines = ["  office:", *random.choice(hours).split("\n"), "    special_hours:", "      '2026-12-31': []"]
    index = text.one("^  office: ")
    text.lines[index : index + 1] = [*lines, f"      {wrong}"]
    return at(text, index + len(lines), message)


@kind
def calendar_that_opens_by_special_hours_alone(
    random: Random, texts: dict[str, Text]
) -> tuple[str, int, str]:
    text = texts["sla"]
    week = random.choice(["{}", "{mon: []}"])
    special = "{'2026-12-24': [['09:00', '13:00']]}"
    index = text.put(
        text.one("^  office: "),
        r"\{.*\}",
        f"{{time_zone: Europe/Berlin, week: {week}, special_hours: {special}}}",
    )
    return at(text, index, "the calendar never opens: give at least one day of the week some hours")


@kind
def choice_of_calendars_that_makes_no_sense(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    text = texts["sla"]
    when, use, otherwise = "{country: Germany}", "office", "always"
    which, message = random.choice(
        [
            (1, "`always2` is no calendar of sla.yaml; did you mean `always`?"),
            (1, "`local` chooses itself; there are `always`, `office`"),
            (2, "`ofice` is no calendar of sla.yaml; did you mean `office`?"),
            (0, "`owner_time_zon` is no field of lead.yaml; did you mean `owner_time_zone`?"),
            (0, "which calendar counts does not change with time: ask for no age here"),
            (0, "`owner_role` holds none: ask for something else here"),
        ]
    )
    if which == 1:
        use = message.split("`")[1]
    elif which == 2:
        otherwise = "ofice"
    elif "owner_time_zon`" in message:
        when = "{owner_time_zon: Europe/Berlin}"
    elif "owner_role" in message:
        when = "{owner_role: {at_least: 3}}"
    else:
        when = "{acquired: {older_than: 3 days}}"
    index = text.one("^  office: ") + 1
    for line in (
        f"    otherwise: {otherwise}",
        f"        use: {use}",
        f"      - when: {when}",
        "    choose:",
        "  local:",
    ):
        text.insert(index, line)
    return at(text, index + {0: 2, 1: 3, 2: 4}[which], message)


@kind
def field_called_as_the_owner_is(random: Random, texts: dict[str, Text]) -> tuple[str, int, str]:
    name = random.choice(["owner_role", "owner_time_zone", "owner_username"])
    text = texts["lead"]
    index = text.insert(text.one("^fields:") + 1, f"  {name}: Extra__c")
    return at(text, index, f"`{name}` is what the owner says; give the field another name")
