"""Training networks, resumably."""
