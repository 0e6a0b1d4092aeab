"""Comity: the world's data-security rules as data, and a decision for any flow of data under them."""

__version__ = "0.1.0"
