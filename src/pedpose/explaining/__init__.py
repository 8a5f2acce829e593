"""What a joint network sees in one picture, and why it says what it says."""
