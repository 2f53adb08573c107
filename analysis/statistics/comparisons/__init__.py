"""Two periods compared, and many comparisons at once."""
