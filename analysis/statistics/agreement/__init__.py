"""Agreement of raters: do they say the same of the same ratee, and how many are enough."""
