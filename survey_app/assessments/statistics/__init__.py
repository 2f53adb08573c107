"""Statistics of a round as pages: how sure the figures are, and what went into them."""
