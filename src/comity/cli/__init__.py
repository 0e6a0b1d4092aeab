"""The command line: arguments, printing, exit codes. Every command is a thin call of the library."""

# Loading a file registers its commands.
from comity.cli import data, law, remedy, running  # noqa: F401 - the order is that of the help within each group
from comity.cli.run import DONE, FORBIDDEN, OURS, PROBLEMS, STOPPED, UNDECIDED, USAGE, app, main

__all__ = ["DONE", "FORBIDDEN", "OURS", "PROBLEMS", "STOPPED", "UNDECIDED", "USAGE", "app", "main"]
