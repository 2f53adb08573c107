"""Questionnaires (问卷质量): how the items of a scale hang together, one method a file."""
