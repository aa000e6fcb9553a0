"""The command line: it parses, calls a library function, and renders the result."""


def main() -> None:
    """Run the command line and end the process with its exit code: 0, 1 (failed), 2 (wrong use)."""
    try:
        from tunesmith.cli.app import app  # noqa: PLC0415 - Ctrl-C while it loads ends like any other
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    app(prog_name="tunesmith")
