"""Importers: what people have, as entries of a map. They read files, and open, run and follow nothing else."""
