"""The whole table, by family."""

from __future__ import annotations

from tests.conformance.table_activities import ACTIVITIES
from tests.conformance.table_batch import BATCH
from tests.conformance.table_bulk import BULK
from tests.conformance.table_chatter import CHATTER
from tests.conformance.table_collections import COLLECTIONS
from tests.conformance.table_composite import COMPOSITE
from tests.conformance.table_doubts import DOUBTS
from tests.conformance.table_errors import ERRORS
from tests.conformance.table_facts import FACTS_OF_LEADS
from tests.conformance.table_graph import GRAPH
from tests.conformance.table_limits import LIMITS
from tests.conformance.table_reading import READING
from tests.conformance.table_requests import REQUESTS
from tests.conformance.table_rows import ROWS
from tests.conformance.table_setup import SETUP
from tests.conformance.table_soql import SOQL

TABLE = (
    *REQUESTS,
    *ROWS,
    *READING,
    *COLLECTIONS,
    *COMPOSITE,
    *BATCH,
    *GRAPH,
    *CHATTER,
    *BULK,
    *DOUBTS,
    *SOQL,
    *SETUP,
    *ACTIVITIES,
    *ERRORS,
    *FACTS_OF_LEADS,
    *LIMITS,
)
