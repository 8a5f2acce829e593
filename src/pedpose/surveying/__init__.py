"""Look at annotations: numbers, plots, pictures, and how well annotators agree."""
