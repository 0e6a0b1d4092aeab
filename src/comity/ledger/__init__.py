"""What was decided before: the lock of a map."""
