"""Reading, checking and augmenting annotated pictures."""
