"""What a rank is worth: rank sets, sets of the best, clear differences, grades, shrinkage."""
