"""SOQL: `parse` makes a Query of a statement's text, `execute` runs it on the org's rows."""

from sfsync.localorg.soql.executor import QueryResult, execute
from sfsync.localorg.soql.parser import parse
from sfsync.localorg.soql.refusals import malformed
from sfsync.localorg.soql.rendering import datetime_text, json_value
from sfsync.localorg.soql.selection import SelectLists
from sfsync.localorg.soql.syntax import Query

__all__ = [
    "Query",
    "QueryResult",
    "SelectLists",
    "datetime_text",
    "execute",
    "json_value",
    "malformed",
    "parse",
]
