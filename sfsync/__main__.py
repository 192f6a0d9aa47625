"""`python -m sfsync` is the command `sfsync`."""

from sfsync.cli.main import main

main()
