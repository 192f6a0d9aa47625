"""`sfsync org`: the emulated org, to try things on."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from sfsync.errors import Config

MONDAY = "2026-11-02T09:00:00Z"


def metadata_directory() -> Path:
    """The metadata package: ./salesforce, else the one that sfsync came with."""
    here = Path("salesforce")
    return here if here.is_dir() else Path(__file__).resolve().parents[2] / "salesforce"


def org(
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="NUMBER", help="Port to listen on; 0 finds a free one.")
    ] = 0,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Load the leads of this CSV file first.")
    ] = None,
    leads: Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Make so many leads first.")] = 0,
    start: Annotated[
        str, typer.Option(metavar="TIME", help="What the org's clock shows at first (UTC).")
    ] = MONDAY,
    flow: Annotated[bool, typer.Option("--flow", help="Let the clock run; else it stands still.")] = False,
    metadata: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIRECTORY", help="SFDX project with the org's metadata; may be repeated."),
    ] = None,
) -> None:
    """Serve an emulated Salesforce org, to try things on, until Ctrl-C.

    One line of JSON says when it is ready: its URL, an access token, and the URL of its control plane. Its
    clock stands still until told otherwise (--flow, or the control plane).
    """
    # Imported here, because no other command needs the emulated org, and it is large.
    from sfsync.localorg.csvload import CsvProblem
    from sfsync.localorg.metadata import MetadataError
    from sfsync.localorg.server import run_org

    try:
        begin = datetime.fromisoformat(start)
    except ValueError:
        raise Config(f"--start takes a time like {MONDAY}, not {start!r}") from None
    begin = begin.replace(tzinfo=UTC) if begin.tzinfo is None else begin
    if csv is not None and not csv.is_file():
        raise Config(f"--csv: there is no file {csv}")
    for directory in metadata or []:
        if next(directory.rglob("*-meta.xml"), None) is None:
            raise Config(f"--metadata: there is no metadata (*-meta.xml) in {directory}")
    try:
        run_org(
            host=host,
            port=port,
            csv=csv,
            leads=leads,
            start=begin,
            flow=flow,
            metadata=metadata or [metadata_directory()],
            announce=lambda line: _out(sys.stdout, line),
            say=lambda line: _out(sys.stderr, line),
        )
    except (CsvProblem, MetadataError) as error:
        raise Config(str(error)) from error
    except OSError as error:
        raise Config(f"the org cannot be served on {host}:{port}: {error.strerror or error}") from error


def _out(stream: object, line: str) -> None:
    print(line, file=stream, flush=True)  # type: ignore[call-overload]
