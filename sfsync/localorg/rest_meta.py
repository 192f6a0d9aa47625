"""What the org says about itself: versions, resources, limits."""

from __future__ import annotations

from sfsync.localorg.rest_call import NEWEST_VERSION, OLDEST_VERSION, Answer, Call

_SEASONS = ("Spring", "Summer", "Winter")
_DESCRIBED = (
    "chatter",
    "composite",
    "connect",
    "jobs",
    "limits",
    "query",
    "queryAll",
    "sobjects",
)


def versions() -> Answer:
    """GET `/services/data`: no token, no cost."""
    return Answer(
        200,
        [
            {"label": _label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)
        ],
    )


def _label(number: int) -> str:
    """Three releases a year; version 60 was Spring '24, and Winter carries the next year's number."""
    year, season = divmod(number - 60, 3)
    return f"{_SEASONS[season]} '{24 + year + (season == 2)}"


def resources(call: Call) -> Answer:
    """GET `/services/data/vNN.0`: with the identity URL of whoever asks, which is whole [D]."""
    call.require("GET")
    host = call.context.settings.my_domain_url or f"http://{call.headers.get('host', 'localhost')}"
    organization_id = next(iter(call.context.org.database.table("Organization").rows), "")
    identity = f"{host}/id/{organization_id}/{call.context.session.user_id}"
    return Answer(200, {"identity": identity, **{name: f"{call.base}/{name}" for name in _DESCRIBED}})


def limits(call: Call) -> Answer:
    """GET `/limits`: only the API calls are counted, the rest is unused."""
    call.require("GET")
    most = call.context.settings.api_limit
    used = call.context.api_calls_used()

    def whole(maximum: int) -> dict[str, int]:
        return {"Max": maximum, "Remaining": maximum}

    body = {
        "ConcurrentAsyncGetReportInstances": whole(200),
        "ConcurrentSyncReportRuns": whole(20),
        "DailyApiRequests": {"Max": most, "Remaining": max(0, most - used)},
        "DailyAsyncApexExecutions": whole(250_000),
        "DailyBulkApiBatches": whole(15_000),
        "DailyBulkV2QueryFileStorageMB": whole(976_562),
        "DailyBulkV2QueryJobs": whole(10_000),
        "DailyGenericStreamingApiEvents": whole(10_000),
        "DailyStreamingApiEvents": whole(10_000),
        "DailyWorkflowEmails": whole(1_000),
        "DataStorageMB": whole(10_240),
        "FileStorageMB": whole(10_240),
        "HourlyAsyncReportRuns": whole(1_200),
        "HourlySyncReportRuns": whole(500),
        "HourlyTimeBasedWorkflow": whole(1_000),
        "MassEmail": whole(5_000),
        "SingleEmail": whole(5_000),
    }
    return Answer(200, body)
