"""Frames from pictures, videos, cameras and streams."""
