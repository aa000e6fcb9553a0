"""Read documents in Markdown, HTML, reStructuredText, plain text, PDF and Word."""
