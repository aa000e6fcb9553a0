"""The command line: parse the arguments, call the library and render the result."""


def main() -> None:
    """Run the command line and exit with its code: 0, 1 (failed) or 2 (usage error)."""
    try:
        from tunesmith.cli.app import app  # noqa: PLC0415 - handle Ctrl-C during import too
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    app(prog_name="tunesmith")
