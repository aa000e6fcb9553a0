"""``tunesmith demo``: fit a model to the bundled example."""

from importlib.resources import files
from pathlib import Path

from tunesmith.cli.arguments.options import AsJson, Budget
from tunesmith.cli.commands.fit import fit
from tunesmith.cli.render.output import Output
from tunesmith.errors import UnreadableFile
from tunesmith.fitting.budget import parse_budget
from tunesmith.wording import within

EXAMPLES = """
tunesmith demo                 # support tickets, ten intents, at most a minute
tunesmith demo --budget 10s    # fast candidates only
"""


def demo(budget: Budget = "1m", as_json: AsJson = False) -> None:
    """Fit a model to the bundled example.

    The example holds support tickets and their intents, with a few errors for the data check to
    find. The command runs `tunesmith fit` on it.
    """
    tickets, limit = example("tickets.csv"), within(parse_budget(budget))
    output = Output(to_stderr=as_json)
    output.line(("Tunesmith demo", "bold"))
    output.line(f"Data: {tickets}")
    output.line(
        "The data is checked and split. Candidates are tried from cheapest to most expensive "
        f"{limit}. The chosen one is then compared with the base model on a held-out test set."
    )
    output.line("To use your own file: ", ("tunesmith fit FILE", "cyan"))
    output.line()
    fit(str(tickets), budget=budget, as_json=as_json)


def example(name: str) -> Path:
    """Return the path of an example file, in the installed package or in the source tree.

    Raises
    ------
    UnreadableFile
        The example file does not exist.
    """
    package = Path(str(files("tunesmith")))
    for folder in (package / "examples", package.parent.parent / "examples"):
        if (folder / name).is_file():
            return folder / name
    raise UnreadableFile(f"example file {name} not found: reinstall tunesmith")
