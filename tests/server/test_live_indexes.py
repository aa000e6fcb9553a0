"""Search indexes, evaluations and advice over HTTP."""

import zipfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

import tunesmith

BASE = "all-MiniLM-L6-v2"
TEXTS = ["Where is my parcel?", "I want my money back", "How do I change my password?"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("common_home")]


@pytest.fixture
def api(live_server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{live_server}/v1", timeout=120) as client:
        yield client


def uploaded(api: httpx.Client, path: Path) -> str:
    answer = api.post("/datasets", files={"file": (path.name, path.read_bytes())})
    assert answer.status_code == 201
    return str(answer.json()["id"])


def test_an_index_of_texts(api: httpx.Client) -> None:
    made = api.post("/indexes", json={"name": "faq", "model": BASE, "texts": TEXTS})
    assert (made.status_code, made.json()["texts"]) == (201, 3)
    added = api.post("/indexes/faq/add", json={"texts": ["The app crashes"], "ids": ["crash"]})
    assert added.json()["texts"] == 4
    search = {"queries": ["refund", "the program ends at once"], "k": 2}
    hits = api.post("/indexes/faq/search", json=search).json()
    assert [len(each) for each in hits] == [2, 2]
    assert (hits[0][0]["text"], hits[1][0]["id"]) == (TEXTS[1], "crash")
    model = tunesmith.load(BASE)
    expected = model.encode(["refund"], prompt="query") @ model.encode(TEXTS, prompt="document").T
    assert hits[0][0]["score"] == pytest.approx(float(expected.max()), abs=1e-5)
    removed = api.delete("/indexes/faq/texts", params={"ids": ["crash", "unknown"]})
    assert removed.json() == {"removed": 1}
    assert api.get("/indexes/faq").json()["texts"] == 3
    assert "faq" in [each["name"] for each in api.get("/indexes").json()]
    assert api.delete("/indexes/faq").status_code == 200
    assert api.get("/indexes/faq").status_code == 404


def test_an_index_of_a_data_set(api: httpx.Client, examples: Path) -> None:
    data = uploaded(api, examples / "pairs.csv")
    made = api.post("/indexes", json={"name": "pairs", "model": BASE, "dataset": data}).json()
    positives = set(tunesmith.read(examples / "pairs.csv").examples.texts("positive"))
    assert made["texts"] == len(positives)
    hits = api.post("/indexes/pairs/search", json={"queries": ["time"], "k": 1000}).json()[0]
    assert {hit["text"] for hit in hits} == positives


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("one-document", {"a.md": "# Cards\n\nA lost card is replaced."}),
        ("one-usable", {"a.md": "# Cards\n\nA lost card is replaced.", "b.pdf": "damaged"}),
    ],
)
def test_an_index_of_one_document(
    api: httpx.Client, tmp_path: Path, name: str, files: dict[str, str]
) -> None:
    """It is too little to fit a model on, and enough to search."""
    path = tmp_path / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in files.items():
            archive.writestr(each, content)
    data = uploaded(api, path)
    made = api.post("/indexes", json={"name": name, "model": BASE, "dataset": data})
    assert (made.status_code, made.json()["texts"]) == (201, 1)
    hits = api.post(f"/indexes/{name}/search", json={"queries": ["lost card"], "k": 3}).json()[0]
    assert "A lost card is replaced." in hits[0]["text"]
    fit = api.post("/fits", json={"dataset": data})
    assert (fit.status_code, fit.json()["error"]["code"]) == (400, "not-ready")


def test_what_cannot_be_an_index(api: httpx.Client) -> None:
    """Nothing is left of an index that could not be made."""
    given = {"name": "bad", "model": BASE, "texts": ["a", "b"], "ids": ["1", "1"]}
    assert api.post("/indexes", json=given).status_code == 400
    assert api.post("/indexes", json={"name": "bad", "model": "unknown"}).status_code == 404
    both = {"name": "bad", "model": BASE, "texts": ["a"], "dataset": "data-1"}
    assert api.post("/indexes", json=both).status_code == 400
    assert api.get("/indexes/bad").status_code == 404


def test_vectors_as_base64(api: httpx.Client) -> None:
    request = {"model": BASE, "texts": TEXTS}
    plain = api.post("/embed", json=request).json()["vectors"]
    short = api.post("/embed", json={**request, "encoding": "base64"}).json()["vectors"]
    decoded = [np.frombuffer(b64decode(each), "<f4") for each in short]
    np.testing.assert_allclose(np.array(decoded), np.array(plain), atol=1e-7)
    np.testing.assert_allclose(np.array(decoded), tunesmith.load(BASE).encode(TEXTS), atol=1e-5)


@pytest.mark.long
def test_evaluate_and_advise(api: httpx.Client, examples: Path) -> None:
    """In a process of their own; an error in it is answered like any other."""
    data = uploaded(api, examples / "scored_pairs.csv")
    found = api.post("/evaluate", json={"models": [BASE], "dataset": data}).json()
    expected = tunesmith.evaluate(BASE, examples / "scored_pairs.csv")
    first = found["metrics"][0]
    assert (first["metric"], found["items"]) == (expected.headline, 50)
    assert first["value"] == pytest.approx(expected.measured[0].value, abs=1e-6)
    advice = api.post("/advise", json={"dataset": data}).json()
    assert (advice["rows"], bool(advice["budget"])) == (50, True)
    twice = api.post("/evaluate", json={"models": [BASE, BASE], "dataset": data})
    assert (twice.status_code, twice.json()["error"]["code"]) == (400, "usage")
