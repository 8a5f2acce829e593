"""What a weights file or an export is, for people to read: in words, numbers and drawings."""
