"""Leads that were there before: real ones out of a CSV file, or made up; names are always made up."""

from __future__ import annotations

import csv
import hashlib
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from sfsync.localorg.org import Org
from sfsync.localorg.schema import Field, ObjectType, Row, Value

Say = Callable[[str], None]
"""Takes one line for a person."""

KEY_COLUMN = "Prospect ID"
COLUMNS = {
    KEY_COLUMN: "SLA_Source_Id__c",
    "Lead Source": "LeadSource",
    "City": "City",
    "Country": "Country",
    "What is your current occupation": "Title",
    "Specialization": "Industry",
    "TotalVisits": "SLA_Website_Visits__c",
    "Total Time Spent on Website": "SLA_Website_Seconds__c",
    "Page Views Per Visit": "SLA_Pages_Per_Visit__c",
    "Lead Origin": "SLA_Origin__c",
    "Last Activity": "SLA_Last_Engagement__c",
    "Do Not Email": "HasOptedOutOfEmail",
    "Do Not Call": "DoNotCall",
}
LEAKING = {
    "Converted": "it is the outcome",
    "Tags": "it was filled in knowing the outcome",
    "Lead Quality": "it was filled in knowing the outcome",
    "Lead Profile": "it was filled in knowing the outcome",
    "Last Notable Activity": "it was filled in knowing the outcome",
    "Asymmetrique Activity Index": "it was computed knowing the outcome",
    "Asymmetrique Profile Index": "it was computed knowing the outcome",
    "Asymmetrique Activity Score": "it was computed knowing the outcome",
    "Asymmetrique Profile Score": "it was computed knowing the outcome",
}
UNUSED = frozenset(
    {
        "Lead Number",
        "How did you hear about X Education",
        "What matters most to you in choosing a course",
        "Search",
        "Magazine",
        "Newspaper Article",
        "X Education Forums",
        "Newspaper",
        "Digital Advertisement",
        "Through Recommendations",
        "Receive More Updates About Our Courses",
        "Update me on Supply Chain Content",
        "Get updates on DM Content",
        "I agree to pay the amount through cheque",
        "A free copy of Mastering The Interview",
    }
)
BLANK = frozenset({"", "Select"})
PERIOD = 30 * 86_400
"""Seconds before the org's start over which the leads' creation is spread."""
PROGRESS_EVERY = 100_000

FIRST_NAMES = (
    "Asha",
    "Ben",
    "Carla",
    "Deniz",
    "Elif",
    "Femi",
    "Grace",
    "Hiro",
    "Ines",
    "Jonas",
    "Kavya",
    "Liam",
)
LAST_NAMES = (
    "Abara",
    "Berg",
    "Costa",
    "Dahl",
    "Eze",
    "Fischer",
    "Gupta",
    "Haddad",
    "Ito",
    "Jansen",
    "Kaya",
    "Lopez",
)
COMPANY_WORDS = (
    "Harbor",
    "Summit",
    "Willow",
    "Granite",
    "Meadow",
    "Lantern",
    "Cedar",
    "Orbit",
    "Prairie",
    "Quarry",
)
COMPANY_KINDS = ("Academy", "Labs", "Partners", "Systems", "Studio", "Trading", "Group", "Works")
SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
CITIES = (
    ("Mumbai", "India"),
    ("Berlin", "Germany"),
    ("Austin", "United States"),
    ("Leeds", "United Kingdom"),
)
TITLES = ("Owner", "Head of Sales", "Buyer", "Analyst", "Student")
INDUSTRIES = ("Education", "Banking", "Technology", "Healthcare", "Retail")
INPUTS = {
    "SLA_Budget__c": ("No Budget", "Exploring", "Planned", "Approved"),
    "SLA_Authority__c": ("Unknown", "Influencer", "Recommender", "Decision Maker"),
    "SLA_Need__c": ("None", "Nice to Have", "Important", "Critical"),
    "SLA_Timeline__c": ("None", "Over 12 Months", "6-12 Months", "3-6 Months", "Under 3 Months"),
}


class CsvProblem(Exception):
    """Raised when a file cannot be loaded at all; its text says what to do."""


class BadRow(Exception):
    """Raised when one row cannot be loaded; its text says why."""


@dataclass(slots=True)
class LoadReport:
    """What became of a file.

    Attributes:
        loaded: number of leads made.
        bad_rows: (line, reason) of each row that was skipped; the first line of a file is 1.
        unknown_columns: columns nobody here has heard of.
        unused_columns: known columns that are not loaded.
        leaking_columns: columns never loaded, with the reason.
        missing_fields: (column, field) where this org has no such field.
    """

    loaded: int = 0
    bad_rows: list[tuple[int, str]] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    unused_columns: list[str] = field(default_factory=list)
    leaking_columns: list[tuple[str, str]] = field(default_factory=list)
    missing_fields: list[tuple[str, str]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The report for a person, short."""
        told = [f"{self.loaded:,} leads loaded, {len(self.bad_rows):,} rows skipped"]
        told += [f"line {line}: {reason}; row skipped" for line, reason in self.bad_rows]
        if self.unknown_columns:
            told.append(f"unknown columns, not loaded: {', '.join(self.unknown_columns)}")
        if self.unused_columns:
            told.append(f"columns not loaded: {', '.join(self.unused_columns)}")
        reasons: dict[str, list[str]] = {}
        for column, reason in self.leaking_columns:
            reasons.setdefault(reason, []).append(column)
        told += [f"never loaded, since {reason}: {', '.join(names)}" for reason, names in reasons.items()]
        told += [
            f"column {column} not loaded: this org has no {name}" for column, name in self.missing_fields
        ]
        return told


def load_csv(org: Org, path: Path, say: Say) -> LoadReport:
    """Load a CSV file of leads (columns as in COLUMNS) as open leads shared out over the org's reps.

    Raises CsvProblem when the file cannot be read or has no column of ids.
    """
    report = LoadReport()
    lead = org.schema.objects["Lead"]
    say(f"reading {path.name}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_read(csv.reader(file), lead, report))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CsvProblem(f"{path}: {error}") from None
    say(f"{len(rows):,} rows read, loading")
    report.loaded = org.load("Lead", _dealt(org, rows, len(rows)))
    return report


def load_synthetic(org: Org, count: int, say: Say) -> LoadReport:
    """Make `count` leads up, the same ones each time, and load them as `load_csv` does."""
    lead = org.schema.objects["Lead"]
    known = {name: values for name, values in INPUTS.items() if name in lead.fields}

    def made() -> Iterator[Row]:
        for number in range(count):
            if number and number % PROGRESS_EVERY == 0:
                say(f"{number:,} of {count:,} leads made")
            yield _synthetic(number, lead, known)

    return LoadReport(loaded=org.load("Lead", _dealt(org, made(), count)))


def _read(reader: Iterator[list[str]], lead: ObjectType, report: LoadReport) -> Iterator[Row]:
    header = [name.strip() for name in next(reader, [])]
    if KEY_COLUMN not in header:
        raise CsvProblem(f"there is no column '{KEY_COLUMN}'; each lead needs an id of its own")
    repeated = [name for name, times in Counter(header).items() if times > 1]
    if repeated:
        raise CsvProblem(f"the column '{repeated[0]}' is there more than once")
    fields = _sort_columns(header, lead, report)
    seen: set[str] = set()
    taken: set[str] = set()
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report.bad_rows.append((_line(reader), str(error)))
            continue
        if not cells:
            continue
        try:
            row = _row(header, cells, fields, seen)
        except BadRow as reason:
            report.bad_rows.append((_line(reader), str(reason)))
            continue
        key = str(row[COLUMNS[KEY_COLUMN]])
        seen.add(key)
        yield {**_person(key, taken), **row}


def _line(reader: object) -> int:
    number = getattr(reader, "line_num", 0)
    return int(number)


def _sort_columns(header: Sequence[str], lead: ObjectType, report: LoadReport) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for column in header:
        target = COLUMNS.get(column)
        if target is not None:
            described = lead.field(target)
            if described is not None:
                fields[column] = described
            else:
                report.missing_fields.append((column, target))
        elif column in LEAKING:
            report.leaking_columns.append((column, LEAKING[column]))
        elif column in UNUSED:
            report.unused_columns.append(column)
        else:
            report.unknown_columns.append(column)
    if KEY_COLUMN not in fields:
        raise CsvProblem(f"this org's Lead has no {COLUMNS[KEY_COLUMN]}; start it with the metadata package")
    return fields


def _row(header: Sequence[str], cells: Sequence[str], fields: dict[str, Field], seen: set[str]) -> Row:
    if len(cells) != len(header):
        raise BadRow(f"{len(cells)} columns instead of {len(header)}")
    row: Row = {}
    for column, cell in zip(header, cells, strict=True):
        text = cell.strip()
        described = fields.get(column)
        if described is None or text in BLANK:
            continue
        row[described.name] = _value(column, text, described)
    key = row.get(COLUMNS[KEY_COLUMN])
    if key is None:
        raise BadRow(f"{KEY_COLUMN} is missing")
    if key in seen:
        raise BadRow(f"{KEY_COLUMN} {key} is there already")
    return row


def _value(column: str, text: str, described: Field) -> Value:
    if described.type == "boolean":
        if text.lower() not in ("yes", "no"):
            raise BadRow(f"{column} is '{text}', which is neither Yes nor No")
        return text.lower() == "yes"
    if described.type in ("int", "double", "currency", "percent"):
        return _number(column, text, described)
    if described.length and len(text) > described.length:
        raise BadRow(f"{column} has {len(text)} characters, {described.name} takes {described.length}")
    return text


def _number(column: str, text: str, described: Field) -> Value:
    try:
        number = float(text)
    except ValueError:
        raise BadRow(f"{column} is '{text}', which is no number") from None
    if not math.isfinite(number) or abs(number) >= 10 ** (described.precision - described.scale or 18):
        raise BadRow(f"{column} is {text}, which {described.name} cannot hold")
    rounded = round(number, described.scale)
    return int(rounded) if rounded.is_integer() else rounded


def _person(key: str, taken: set[str]) -> Row:
    """A name, company and e-mail address that follow from the id and that nobody else in `taken` has."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    length = 8
    while digest[:length] in taken:
        length += 1
    mark = digest[:length]
    taken.add(mark)
    return _made_up(int(digest[:16], 16), mark)


def _made_up(number: int, mark: str) -> Row:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number // 16 % len(LAST_NAMES)]
    word = COMPANY_WORDS[number // 256 % len(COMPANY_WORDS)]
    kind = COMPANY_KINDS[number // 4096 % len(COMPANY_KINDS)]
    return {
        "FirstName": first,
        "LastName": f"{last} {mark}",
        "Company": f"{word} {kind} {mark}",
        "Email": f"{first}.{last}.{mark}@example.invalid".lower(),
    }


def _synthetic(number: int, lead: ObjectType, inputs: dict[str, tuple[str, ...]]) -> Row:
    dice = random.Random(number)
    row = _made_up(dice.getrandbits(32), f"{number:07d}")
    city, country = dice.choice(CITIES)
    row |= {
        "LeadSource": dice.choice(SOURCES),
        "City": city,
        "Country": country,
        "Title": dice.choice(TITLES),
        "Industry": dice.choice(INDUSTRIES),
    }
    visits = dice.randrange(12)
    engagement: Row = {
        "SLA_Source_Id__c": f"synthetic-{number:07d}",
        "SLA_Website_Visits__c": visits,
        "SLA_Website_Seconds__c": visits * dice.randrange(240),
    }
    row |= {name: value for name, value in engagement.items() if name in lead.fields}
    for name, values in inputs.items():
        if dice.random() < 0.6:
            row[name] = dice.choice(values)
    return row


def _dealt(org: Org, rows: Sequence[Row] | Iterator[Row], count: int) -> Iterator[Row]:
    """The rows as open leads of the reps in turn, created evenly over the month before the org's start."""
    now = org.clock.now()
    reps = cycle(org.people.reps)
    for position, row in enumerate(rows):
        created = now - PERIOD + PERIOD * position // count
        row["OwnerId"] = next(reps)
        row["Status"] = "Open - Not Contacted"
        row["CreatedDate"] = row["SystemModstamp"] = created
        yield row
