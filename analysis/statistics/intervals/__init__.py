"""Intervals for shares and for means of bounded scale points."""
