"""Measuring predictions against annotations."""
