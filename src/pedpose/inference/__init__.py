"""Finding people and their joints in pictures and video."""
