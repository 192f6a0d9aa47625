"""Does the org's Lead have the record types that the files name?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfsync.core.mapping import RECORD_TYPE
from sfsync.errors import Problem
from sfsync.mappings.loading import Documents
from sfsync.mappings.words import nearest
from sfsync.report.listed import in_conditions


def record_types(documents: Documents, infos: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Record types that Lead does not have, each with its line; `infos` are Lead's as the REST API describes them.

    They are known by their DeveloperName, not by the label that Setup and reps see.
    """
    names = [one["developerName"] for one in infos if not one["master"]]
    if not names:
        return
    for name in documents.lead.record_types:
        if name not in names:
            yield documents.problem("lead", ("record_types", name), _missing(name, infos, names))
    plain = {name for name, one in documents.lead.fields.items() if one.sources == (RECORD_TYPE,)}
    known = {name.casefold() for name in names}
    for file, asked, wanted, here in in_conditions(documents):
        if asked in plain and isinstance(wanted, str) and wanted.casefold() not in known:
            yield documents.problem(file, here, _missing(wanted, infos, names))


def _missing(wanted: str, infos: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    labels = {one["name"].casefold(): one["developerName"] for one in infos if not one["master"]}
    near = labels.get(wanted.casefold()) or nearest(wanted, names)
    meant = f"; did you mean `{near}`?" if near is not None else f"; it has {', '.join(names)}"
    return f"the org's Lead has no record type of the DeveloperName {wanted!r}: no lead is of it{meant}"
