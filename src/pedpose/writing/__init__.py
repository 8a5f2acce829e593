"""What was found, as files: pictures, videos, tables and lists."""
