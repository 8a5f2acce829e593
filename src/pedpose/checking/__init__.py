"""Find what is wrong with annotation files: everything at once, and without changing them."""
