"""What can be said of one round beyond its scores: how sure they are, and what went into them.

`tables` takes from the sealed answers what the methods of `analysis.statistics` need, once; every
other file answers one kind of question from it and from the assessment, without an engine.
"""
