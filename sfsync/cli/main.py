"""The command `sfsync`: one line for every mistake, and no traceback for a user."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from typer.core import TyperGroup

from sfsync import __version__
from sfsync.errors import PolicyError, SfsyncError

COMMANDS = ("org", "demo", "run", "check", "explain", "plan", "replay", "status", "release", "archive")
"""Each is the function of its name in the module of its name."""


class _Commands(Mapping[str, Any]):
    """The commands, each imported when it is asked for: the emulated org needs no client, the version neither."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        alone.command(name)(getattr(import_module(f"sfsync.cli.{name}"), name))
        return typer.main.get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment] # nothing is added to them


app = typer.Typer(
    name="sfsync",
    cls=_Group,
    help="Makes a company's lead policy happen inside its Salesforce.\n\n"
    "Try it without one: sfsync demo. For an org of yours set SFSYNC_INSTANCE_URL and a login (README.md says"
    " which), then: sfsync plan, which only reads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        sys.stdout.write(f"sfsync {__version__}\n")
        raise typer.Exit


def main() -> None:
    """Run the command; exit 1 with one line (one a mistake for mapping files) when it cannot be done.

    What nobody has foreseen is told by its places in the code, without the values that its text may quote.
    """
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
    except Exception as error:  # noqa: BLE001 - Python's own traceback would show its text
        unforeseen = import_module("jobs.privacy").places(error)
        sys.stderr.write(f"Traceback (without values; please report it):\n{unforeseen}\n")
        sys.exit(1)
