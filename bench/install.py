"""What an installation takes, and whether it works: serving alone, for fitting, and at the floors.

Each runs in a new virtual environment. A model is fitted once, in this environment. The base
installation (`pip install .`) has no torch; it embeds, classifies, compares and searches with that
model. `--train` adds an environment with the extra `train`, which fits. `--lowest` installs every
direct dependency at its lowest version, and runs the same; with `--train` it also fits.

The last line is JSON: megabytes of each environment, and whether each command succeeded.

    python bench/install.py [--quick] [--train] [--lowest]
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

import tunesmith

ROOT = Path(__file__).resolve().parents[1]
TEXTS = "id,text\n1,where is my parcel?\n2,\n3,I want my money back\n"


def install(folder: Path, target: str, constraints: Path | None = None) -> Path:
    """Install Tunesmith into a new environment and return its folder of programs."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    given = [] if constraints is None else ["--constraint", str(constraints)]
    command = [str(programs / "python"), "-m", "pip", "install", "--quiet", *given, target]
    subprocess.run(command, check=True)
    return programs


def lowest(groups: tuple[str, ...], folder: Path) -> Path:
    """Write a constraints file with the lowest version of each direct dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [*project["dependencies"]]
    for group in groups:
        listed += project["optional-dependencies"][group]
    floors = [name.replace(">=", "==") for name in listed if ">=" in name]
    path = folder / "lowest.txt"
    path.write_text("\n".join(floors) + "\n", "utf-8")
    return path


def megabytes(folder: Path) -> int:
    """Return the size of an environment's files."""
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6)


def serve(programs: Path, model: Path, folder: Path) -> dict[str, bool]:
    """Run each command that needs a fitted model only."""
    file = folder / "texts.csv"
    file.write_text(TEXTS, "utf-8")
    commands = {
        "embed": ["embed", model, file, "-o", folder / "vectors.parquet"],
        "classify": ["classify", model, file, "-o", folder / "labels.csv"],
        "similarity": ["similarity", model, "late parcel", "parcel is late"],
        "search": ["search", model, "refund", "--corpus", file],
    }
    return {name: run(programs, words) for name, words in commands.items()}


def run(programs: Path, words: list[object]) -> bool:
    """Run a command and print what it says if it fails."""
    command = [str(programs / "tunesmith"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(" ".join(command), done.stderr, sep="\n", file=sys.stderr)
    return done.returncode == 0


def fit(programs: Path, output: Path) -> bool:
    """Fit the bundled example."""
    words = ["fit", ROOT / "examples" / "tickets.csv", "--budget", "10s", "-o", output]
    return run(programs, words)


def without_torch(programs: Path) -> bool:
    """Return whether fitting says in one sentence what is missing."""
    command = [str(programs / "tunesmith"), "fit", str(ROOT / "examples" / "tickets.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return bool(re.fullmatch(r"error: \w+ is not installed: pip install .*\n", done.stderr))


def main() -> None:
    """Install, run and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("quick", "train", "lowest"):
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    found: dict[str, object] = {"python": sys.version.split()[0]}
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        fitted = tunesmith.fit(
            ROOT / "examples" / "tickets.csv", budget="10s", output=place / "model"
        )
        base = install(place / "base", str(ROOT))
        found["base_mb"] = megabytes(place / "base")
        found["base"] = serve(base, fitted.path, place) | {"fit_says_why": without_torch(base)}
        if options.lowest and not options.quick:
            floors = lowest((), place)
            programs = install(place / "floors", str(ROOT), floors)
            found["lowest"] = serve(programs, fitted.path, place)
        if options.train and not options.quick:
            programs = install(place / "train", f"{ROOT}[train]", ROOT / "constraints.txt")
            found["train_mb"] = megabytes(place / "train")
            found["train"] = fit(programs, place / "new")
        if options.train and options.lowest and not options.quick:
            floors = lowest(("train",), place)
            programs = install(place / "train-floors", f"{ROOT}[train]", floors)
            found["train_lowest"] = fit(programs, place / "newer")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
