"""The command `sfsync`: one line for every mistake, and no traceback for a user."""

from __future__ import annotations

import sys
from typing import Annotated

import structlog
import typer
from rich.console import Console

from sfsync import __version__
from sfsync.cli import archive, check, demo, explain, org, plan, release, replay, run, status
from sfsync.errors import PolicyError, SfsyncError

app = typer.Typer(
    name="sfsync",
    help="Makes a company's lead policy happen inside its Salesforce.\n\n"
    "Try it without one: sfsync demo. For an org of yours set SFSYNC_INSTANCE_URL and a login (README.md says"
    " which), then: sfsync plan, which only reads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("org")(org.org)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("check")(check.check)
app.command("explain")(explain.explain)
app.command("plan")(plan.plan)
app.command("replay")(replay.replay)
app.command("status")(status.status)
app.command("release")(release.release)
app.command("archive")(archive.archive)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        sys.stdout.write(f"sfsync {__version__}\n")
        raise typer.Exit


def main() -> None:
    """Run the command; exit 1 with one line (one a mistake for mapping files) when it cannot be done."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    problems = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        app(prog_name="sfsync")
    except PolicyError as error:
        problems.print(str(error), markup=False)
        sys.exit(1)
    except SfsyncError as error:
        problems.print(f"sfsync: {error}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
