"""The terminal view of a map: its entries, their reasons, and what would be if something were otherwise."""
