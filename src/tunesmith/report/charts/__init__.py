"""Charts as SVG for pages, and maps as image files."""
