"""Decisions as people and programs read them: terminal, JSON, SARIF, a to-do list, one HTML file."""
