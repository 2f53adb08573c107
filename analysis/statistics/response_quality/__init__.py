"""Careless and pushed answers (答卷质量): one detector a file.

A score is evidence for a person to look at, never a verdict: nothing here takes an answer out.
"""
