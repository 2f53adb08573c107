"""The trials, a module for what belongs together; each has a constant TRIALS."""
