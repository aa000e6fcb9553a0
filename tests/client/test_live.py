"""The client's verbs against a server on this machine give what the library gives."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tunesmith
from tunesmith.client import Client
from tunesmith.errors import DataError, UnknownModel, UsageError
from tunesmith.events import CandidateFinished, Inspected

BASE = "all-MiniLM-L6-v2"
TEXTS = ["Where is my parcel?", "I want my money back", "How do I change my password?"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("common_home")]


@pytest.fixture
def client(live_server: str) -> Iterator[Client]:
    with tunesmith.Client(live_server) as found:
        yield found


def test_vectors_are_the_library_s(client: Client) -> None:
    """Of any number of texts."""
    texts = [f"{text} {number}" for number in range(100) for text in TEXTS]
    model = tunesmith.load(BASE)
    found = client.embed(BASE, texts)
    assert found.dtype == np.float32
    assert found.shape == (300, 384)
    np.testing.assert_allclose(found, model.encode(texts), atol=1e-5)
    query = client.embed(BASE, pd.Series(TEXTS), prompt="query")
    np.testing.assert_allclose(query, model.encode(TEXTS, prompt="query"), atol=1e-5)
    assert client.embed(BASE, []).shape == (0, 384)
    same = client.similarity(BASE, TEXTS)
    np.testing.assert_allclose(same, model.similarity(TEXTS, TEXTS), atol=1e-5)


def test_one_string_is_no_list_of_texts(client: Client) -> None:
    with pytest.raises(UsageError, match="not one string") as caught:
        client.embed(BASE, "abc")
    assert caught.value.hint == "write [text] for one text"


def test_search_and_rerank(client: Client) -> None:
    found = client.search(["refund"], model=BASE, texts=TEXTS, k=2)[0]
    assert (found[0].text, found[0].id, len(found)) == (TEXTS[1], "1", 2)
    assert client.rerank(BASE, "refund", TEXTS, top=1)[0].text == TEXTS[1]
    index = client.create_index("faq", BASE, texts=TEXTS, ids=["a", "b", "c"])
    assert client.search(["refund"], index=index, k=1)[0][0].id == "b"
    assert client.add_texts("faq", ["The app crashes"]).texts == 4
    assert client.remove_texts("faq", ["a", "x"]) == 1
    assert [each.texts for each in client.indexes()] == [3]
    client.delete_index(index)
    assert client.indexes() == []
    with pytest.raises(UsageError, match="one of them"):
        client.search(["refund"])


def test_data_of_every_form(client: Client, examples: Path) -> None:
    path = examples / "scored_pairs.csv"
    table = pd.read_csv(path)
    rows = table.to_dict("records")
    for source in (path, str(path), table, pl.read_csv(path), rows):
        found = client.read(source, name="pairs")
        assert (found.kind, found.rows, found.name) == ("scored_pairs", 50, "pairs")
    newer = client.read(path, name="newer", version_of=found)
    assert [each.id for each in client.versions(found)] == [found.id, newer.id]
    fewer = client.change_dataset(newer, drop=[1, 3], note="Dropped two")
    assert (fewer.rows, fewer.version, client.dataset(newer).rows) == (48, 3, 50)
    client.delete_dataset(newer)
    assert newer.id not in {each.id for each in client.datasets()}


def test_errors(client: Client, tmp_path: Path) -> None:
    """As the library raises them."""
    with pytest.raises(UnknownModel, match="nothing"):
        client.embed("nothing", ["a"])
    with pytest.raises(UsageError, match="classifier"):
        client.classify(BASE, ["a"])
    (tmp_path / "bad.csv").write_text("text,label\n")
    with pytest.raises(DataError) as caught:
        client.read(tmp_path / "bad.csv")
    assert caught.value.file == "bad.csv"


def test_models_and_aliases(client: Client) -> None:
    assert [model.id for model in client.models()] == ["tiny-labels", BASE]
    assert [model.id for model in client.models(offset=1)] == [BASE]
    assert [model.id for model in client.models(limit=1)] == ["tiny-labels"]
    assert client.classify("tiny-labels", ["card"])[0].label in client.model("tiny-labels").labels
    assert client.model(BASE).summary is None
    client.set_alias("support@production", BASE)
    assert client.aliases() == {"support@production": BASE}
    assert client.embed("support@production", ["a"]).shape == (1, 384)
    client.delete_alias("support@production")


@pytest.mark.long
def test_evaluate_and_advise(client: Client, examples: Path) -> None:
    """The same scores and the same budget as the library."""
    path = examples / "scored_pairs.csv"
    found, expected = client.evaluate(BASE, path), tunesmith.evaluate(BASE, path)
    first = found.of(expected.headline)[0]
    assert first.value == pytest.approx(expected.of(expected.headline)[0].value, abs=1e-6)
    advice = client.advise(path)
    assert (advice.rows, advice.recipe) == (50, tunesmith.advise(path).recipe)


@pytest.mark.long
def test_a_fit_from_upload_to_a_folder(
    live_trainer: str, few_tickets: Path, tmp_path: Path
) -> None:
    """Events come as from tunesmith.fit, and the folder gives the server's vectors."""
    events: list[object] = []
    with Client(live_trainer) as client:
        model = client.fit(
            few_tickets, name="few", budget="5s", cross_validate="off", on_event=events.append
        )
        assert any(isinstance(each, Inspected) for each in events)
        assert any(isinstance(each, CandidateFinished) for each in events)
        assert model.verdict is not None
        assert (model.name, set(model.labels)) == ("few", {"card", "order", "login"})
        assert client.show_fit(model.id).status == "ready"
        assert "status" in client.log(model.id)
        assert "<html" in client.report(model)
        folder = client.download(model, tmp_path / "model")
        local = tunesmith.load(folder)
        texts = ["my card was late", "login broken"]
        np.testing.assert_allclose(client.embed(model, texts), local.encode(texts), atol=1e-5)
        labels = [each.label for each in client.classify(model, texts)]
        assert labels == [each.label for each in local.classify(texts)]
        assert client.rename(model, "newer").name == "newer"
        client.delete_model(model)
        with pytest.raises(UnknownModel):
            client.model(model)
