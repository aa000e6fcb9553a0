"""``tunesmith demo``: the main job on data that comes along."""

from importlib.resources import files
from pathlib import Path

from tunesmith.cli.arguments.options import AsJson, Budget
from tunesmith.cli.commands.fit import fit
from tunesmith.cli.render.output import Output
from tunesmith.errors import UnreadableFile
from tunesmith.fitting.budget import parse_budget
from tunesmith.wording import within

EXAMPLES = """
tunesmith demo                 # support tickets, ten intents, a minute at most
tunesmith demo --budget 10s    # only the cheap candidates
"""


def demo(budget: Budget = "1m", as_json: AsJson = False) -> None:
    """Fit a model to the example that comes along.

    Support tickets and their intents, with a few faults that the check finds. It does what
    `tunesmith fit` does.
    """
    tickets, limit = example("tickets.csv"), within(parse_budget(budget))
    output = Output(to_stderr=as_json)
    output.line(("Tunesmith on an example", "bold"))
    output.line(f"The data: {tickets}")
    output.line(
        "It will be checked and split, candidates are tried from the cheapest to the dearest "
        f"{limit}, and the choice is compared with the untouched base on rows that "
        "none of them saw."
    )
    output.line("The same on your own file: ", ("tunesmith fit FILE", "cyan"))
    output.line()
    fit(str(tickets), budget=budget, as_json=as_json)


def example(name: str) -> Path:
    """Return an example file: from the installed package, or from the source tree beside it.

    Raises
    ------
    UnreadableFile
        When the examples are not there.
    """
    package = Path(str(files("tunesmith")))
    for folder in (package / "examples", package.parent.parent / "examples"):
        if (folder / name).is_file():
            return folder / name
    raise UnreadableFile(f"the example {name} is not there: install tunesmith again")
