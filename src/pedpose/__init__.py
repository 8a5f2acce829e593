"""Find pedestrians and their body joints in pictures and video."""

__version__ = "0.1.0"
