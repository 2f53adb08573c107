"""Attacks on a round, simulated: what they move, and which detector sees them.

Made to show where a round is weak and what closes the gap; nothing here touches a real answer.
"""
