"""From trained weights to files that other programs run, each compared with its source."""
