"""``tunesmith demo``: fit a model to the bundled example."""

import shlex
from typing import Annotated

import typer

from tunesmith.cli.arguments.options import OUTPUT, AsJson, Budget
from tunesmith.cli.commands.fit import fit
from tunesmith.cli.render.output import Output, write_json
from tunesmith.example_data import copy_examples, example
from tunesmith.fitting.budget import parse_budget
from tunesmith.wording import within

EXAMPLES = """
tunesmith demo                 # questions to a town hall, at most 90 seconds
tunesmith demo --budget 10s    # fast candidates only
tunesmith demo --files examples  # copy all example files into a new folder
"""


def demo(
    budget: Budget = "90s",
    files: Annotated[
        str | None,
        typer.Option(
            "--files",
            metavar="FOLDER",
            help="Only copy the example files into this new folder.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit a model to the bundled example.

    The example holds questions to a town hall and the kind of answer that each one needs. The
    command runs `tunesmith fit` on it.
    """
    if files is not None:
        _copy(files, as_json=as_json)
        return
    questions, limit = example("questions.csv"), within(parse_budget(budget))
    output = Output(to_stderr=as_json)
    output.line(("Tunesmith demo", "bold"))
    output.line(f"Data: {questions}")
    output.line(
        "The data is checked and divided into folds. Candidates are tried from cheapest to most "
        f"expensive {limit}, and compared with the base on rows that they were not trained on."
    )
    output.line("To use your own file: ", ("tunesmith fit FILE", "cyan"))
    output.line()
    fit(str(questions), budget=budget, as_json=as_json)


def _copy(folder: str, *, as_json: bool) -> None:
    copied = copy_examples(folder)
    if as_json:
        write_json({"path": copied})
        return
    output = Output()
    output.line(f"The example files are in {copied}; README.md describes them.")
    questions = shlex.quote(str(copied / "questions.csv"))
    output.line("Next: ", (f"tunesmith fit {questions}", "cyan"))
