"""What released tables give away together: bounds of hidden cells, what else to hide, masking."""
