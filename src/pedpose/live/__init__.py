"""What is found, shown while it is found."""
