"""What an evaluation looks like: a page, a summary in Markdown, and JUnit's XML."""
