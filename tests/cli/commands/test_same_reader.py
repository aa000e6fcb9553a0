"""Commands that stream a file read the rows that inspect reads."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]

ROWS = [(row, f"the lift in house {row} stands still, again") for row in range(48)]
FILES = {
    "spaces before quotes": "id, text\n" + "".join(f'{key}, "{text}"\n' for key, text in ROWS),
    "a told delimiter": "sep=;\nid;text\n" + "".join(f"{key};{text}\n" for key, text in ROWS),
    "a title": "Tickets of May\n\nid;text\n" + "".join(f"{key};{text}\n" for key, text in ROWS),
}


@pytest.mark.parametrize("case", FILES)
def test_embed_and_search_read_what_inspect_reads(
    run: Run, tmp_path: Path, tiny_model: Path, case: str
) -> None:
    """The same texts, with the same row numbers."""
    path = tmp_path / "lifts.csv"
    path.write_text(FILES[case], encoding="utf-8")
    inspected = run("inspect", str(path), "--json")
    assert json.loads(inspected.stdout)["rows"] == len(ROWS)
    embedded = run("embed", str(tiny_model), str(path), "--columns", "text=text")
    assert embedded.exit_code == 0, embedded.output
    lines = [json.loads(line) for line in embedded.stdout.splitlines()]
    assert [(line["row"], line["id"], line["text"]) for line in lines] == [
        (key + 1, str(key), text) for key, text in ROWS
    ]
    found = run("search", str(tiny_model), ROWS[7][1], "--corpus", str(path), "--json", "-k", "1")
    hit = json.loads(found.stdout)[0]["hits"][0]
    assert (hit["row"], hit["text"]) == (8, ROWS[7][1])


def test_an_encoding_can_be_set(run: Run, tmp_path: Path, tiny_model: Path) -> None:
    """The warning names the option, which all commands have."""
    path = tmp_path / "old.csv"
    lines = [f"der Aufzug im Haus {row} hält nicht,{'ab'[row % 2]}\n" for row in range(48)]
    path.write_bytes(("text,label\n" + "".join(lines)).encode("cp1252"))
    guessed = run("inspect", str(path))
    assert "which is a guess" in guessed.output
    assert "--encoding" in guessed.output
    given = run("inspect", str(path), "--encoding", "cp1252")
    assert "a guess" not in given.output
    embedded = run(
        "embed", str(tiny_model), str(path), "--columns", "text=text", "--encoding", "cp1252"
    )
    assert "hält" in json.loads(embedded.stdout.splitlines()[0])["text"]
    refused = run("embed", str(tiny_model), str(path), "--encoding", "klingon")
    assert refused.exit_code == 2
