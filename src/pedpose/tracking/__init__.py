"""People through a video: who is who, and where they are, without jitter."""
