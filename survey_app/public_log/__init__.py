"""What everybody may see of a round's log: its signed heads, and where a receipt stands in it."""
