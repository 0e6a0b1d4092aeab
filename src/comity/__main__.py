"""Lets `python -m comity` do what the command `comity` does."""

from comity.cli import main

main()
