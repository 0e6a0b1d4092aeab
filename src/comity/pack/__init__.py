"""Packs: the law as data, read, checked, linked into one program, and held to its worked cases."""
