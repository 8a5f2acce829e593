"""Watching a very small network learn: supervised learning from its first step to its diagnosis."""
