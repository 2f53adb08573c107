"""Sampling designs: the design itself, linearised variances, replication, tests, regression."""
