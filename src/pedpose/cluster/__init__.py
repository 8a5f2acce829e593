"""One run on many machines, and its results as one."""
