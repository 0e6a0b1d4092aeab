"""The command line: arguments, printing, exit codes. Every command is a thin call of the library."""

# Loading a file registers its commands; the order is that of the help within each group.
from comity.cli import (  # noqa: F401 - see above
    ask,
    browse,
    compare,
    conform,
    count,
    data,
    export,
    ground,
    imports,
    law,
    remedy,
    running,
)
from comity.cli.run import DONE, FORBIDDEN, OURS, PROBLEMS, STOPPED, UNDECIDED, USAGE, app, main

__all__ = ["DONE", "FORBIDDEN", "OURS", "PROBLEMS", "STOPPED", "UNDECIDED", "USAGE", "app", "main"]
