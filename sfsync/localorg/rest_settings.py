"""The limits and doubts of the HTTP side that can be switched; the engine's are in `org.settings`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class HttpSettings:
    """Each default is Salesforce's as far as it is known.

    Attributes:
        api_limit: API calls in 24 hours (Enterprise: 100,000 + 1,000 per licence) [D].
        page_rows: most rows of a query page; Salesforce gives fewer for wide rows [D].
        composite_page_rows: most rows of a query page inside composite [?].
        chatter_call_cost: API calls that a Chatter request costs [G].
        date_ahead_s: how far the `Date` header runs ahead of the org's clock; negative: behind it [?].
        my_domain_url: the instance_url of token answers; '' means the address that was asked.
        failed_graphs_before_halt: graphs of one call that may fail before the rest is halted [D].
        graph_runs_backwards: nodes of a graph that do not refer to each other run from the last to the first;
            no order is documented for them [?].
        graph_headers: whose Sforce-Auto-Assign counts for a node of a graph: its own, as was documented until v60,
            that of the whole call, or none [?].
    """

    api_limit: int = 110_000
    page_rows: int = 2000
    composite_page_rows: int = 2000
    chatter_call_cost: int = 1
    date_ahead_s: int = 0
    my_domain_url: str = ""
    failed_graphs_before_halt: int = 14
    graph_runs_backwards: bool = False
    graph_headers: Literal["node", "call", "none"] = "node"
