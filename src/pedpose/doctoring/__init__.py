"""Whether this installation works, and what is missing."""
