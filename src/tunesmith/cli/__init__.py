"""The command line: one file a command, all of the same shape.

A command's file holds its examples and one function, whose signature is its options and whose
docstring is its help. Libraries are imported inside the functions, so that help answers at once.
"""


def main() -> None:
    """Run the command line and end the process with its exit code: 0, 1 (failed), 2 (wrong use)."""
    try:
        from tunesmith.cli.app import app
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    app(prog_name="tunesmith")
