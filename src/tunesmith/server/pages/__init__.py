"""The pages that people see in a browser, one file a page; templates and static files are here."""
