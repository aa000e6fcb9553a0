"""Results become pictures and pages: the report, the model card, plots as files."""
