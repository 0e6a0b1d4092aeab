"""Conditions: text to a typed, closed tree that every evaluator takes."""
