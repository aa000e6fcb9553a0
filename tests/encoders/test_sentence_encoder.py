"""The encoder equals sentence-transformers and is a scikit-learn transformer."""

import csv
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sklearn
import torch
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.fixes import parse_version
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaModel

from tests.error_fields import about
from tunesmith.encoders.backends.torch_model import load_quietly
from tunesmith.encoders.cache.vector_cache import VectorCache
from tunesmith.encoders.protocol import Encoder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DamagedModel, DataError, ModelError, UnknownModel, UsageError

TEXTS = [
    "help my card", "", "order", "help my card", "😀🎉", "שלום עולם", " \n\t ", "money " * 300,
    "x" * 2000, "the order is late and the card is broken", "Ünïcode: ÀÉÎ", "a\0b",
]  # fmt: skip


def _theirs(folder: Path, texts: list[str], **options: Any) -> np.ndarray:
    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = options.pop("max_length", model.max_seq_length)
    return np.asarray(model.encode(texts, normalize_embeddings=True, **options))


@pytest.fixture
def encoder(tiny_model: Path) -> SentenceEncoder:
    """A tiny encoder on the CPU, without cache."""
    return SentenceEncoder(tiny_model, cache=False, device="cpu")


@pytest.mark.parametrize("budget", [None, 1, 40, 100_000])
def test_vectors_are_those_of_sentence_transformers(tiny_model: Path, budget: int | None) -> None:
    """Vectors agree to 1e-6 for any batches and for short, long, empty and repeated texts."""
    encoder = SentenceEncoder(tiny_model, cache=False, device="cpu", batch_tokens=budget)
    found = encoder.encode(TEXTS)
    np.testing.assert_allclose(found, _theirs(tiny_model, TEXTS), atol=1e-6)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found[0], found[3])


@pytest.mark.parametrize("length", [4, 30, 128])
def test_texts_are_truncated_at_max_length(tiny_model: Path, length: int) -> None:
    """The limit may be below or above the model's own."""
    encoder = SentenceEncoder(tiny_model, cache=False, device="cpu", max_length=length)
    expected = _theirs(tiny_model, TEXTS, max_length=length)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-6)
    assert encoder.max_length == length


def test_prompts_come_before_every_text(tiny_model: Path) -> None:
    """Prompts are given by name or as text."""
    encoder = SentenceEncoder(
        tiny_model, cache=False, device="cpu", prompts={"query": "help: ", "title": "the "}
    )
    for prompt, words in [("query", "help: "), ("title", "the "), ("my ", "my "), ("document", "")]:
        expected = _theirs(tiny_model, TEXTS, prompt=words)
        np.testing.assert_allclose(encoder.encode(TEXTS, prompt=prompt), expected, atol=1e-6)
    with pytest.raises(UsageError, check=about(option="prompt")):
        encoder.encode(TEXTS, prompt="titel")


def test_a_model_has_its_own_prompts(tiny_model: Path, tmp_path: Path) -> None:
    """Its default prompt and its pooling are used."""
    model = SentenceTransformer(
        str(tiny_model), prompts={"query": "help: ", "sts": "is "}, default_prompt_name="sts"
    )
    model.set_pooling_include_prompt(False)
    model.save_pretrained(str(tmp_path / "own"), create_model_card=False)
    encoder = SentenceEncoder(tmp_path / "own", cache=False, device="cpu")
    for prompt in (None, "query"):
        expected = _theirs(tmp_path / "own", TEXTS, prompt_name=prompt)
        np.testing.assert_allclose(encoder.encode(TEXTS, prompt=prompt), expected, atol=1e-6)
    expected = _theirs(tmp_path / "own", TEXTS, prompt="")
    np.testing.assert_allclose(encoder.encode(TEXTS, prompt=""), expected, atol=1e-6)


def test_without_normalize_vectors_are_as_the_model_gives_them(
    tiny_model: Path, tmp_path: Path
) -> None:
    """A model without Normalize returns vectors of any length."""
    whole = SentenceTransformer(str(tiny_model), device="cpu")
    SentenceTransformer(modules=list(whole)[:2], device="cpu").save_pretrained(str(tmp_path / "m"))
    raw = SentenceEncoder(tmp_path / "m", cache=False, normalize=False).encode(TEXTS)
    expected = SentenceTransformer(str(tmp_path / "m"), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(raw, expected, atol=1e-5)
    scaled = SentenceEncoder(tmp_path / "m", cache=False).encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, atol=1e-6)


def test_texts_are_accepted_in_every_container(encoder: SentenceEncoder) -> None:
    """A list, a Series, an array, an Arrow column or a table of one column."""
    expected = encoder.encode(["help", "order"])
    for given in (
        ("help", "order"),
        pd.Series(["help", "order"], index=[5, 6]),
        pd.DataFrame({"text": ["help", "order"]}),
        np.array(["help", "order"], dtype=object),
        pa.chunked_array([["help"], ["order"]]),
    ):
        np.testing.assert_array_equal(encoder.encode(given), expected)
    assert encoder.encode([]).shape == (0, 32)
    with pytest.raises(DataError, match="position 1"):
        encoder.encode(["help", None])
    with pytest.raises(UsageError, check=about(option="texts")):
        encoder.encode("help")


def test_properties_need_no_torch(tiny_model: Path) -> None:
    """Dimension, digest, lengths and a fully cached encode load neither torch nor its users."""
    folder = str(tiny_model)
    SentenceEncoder(folder).encode(TEXTS)
    code = (
        "import sys\n"
        "from tunesmith.encoders.sentence_encoder import SentenceEncoder\n"
        f"encoder = SentenceEncoder({folder!r})\n"
        "assert encoder.dimension == 32 and encoder.max_length == 64 and encoder.digest\n"
        "encoder.token_lengths(['a'])\n"
        f"print(encoder.encode({TEXTS!r}).shape, encoder.get_feature_names_out()[-1])\n"
        "print(sorted({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"({len(TEXTS)}, 32) sentenceencoder31", "[]"]


def test_a_second_run_gives_the_same_vectors(tiny_model: Path) -> None:
    """Cached vectors are bit-identical; another length or prompt is encoded again."""
    encoder = SentenceEncoder(tiny_model)
    first = encoder.encode(TEXTS)
    assert VectorCache().info().entries == len(set(TEXTS))
    np.testing.assert_array_equal(encoder.encode(TEXTS), first)
    np.testing.assert_array_equal(encoder.encode(TEXTS, prompt="query"), first)
    assert VectorCache().info().spaces == 1
    SentenceEncoder(tiny_model, max_length=64).encode(TEXTS)
    assert VectorCache().info().spaces == 1
    SentenceEncoder(tiny_model, max_length=5).encode(TEXTS)
    encoder.encode(TEXTS, prompt="help: ")
    assert VectorCache().info().spaces == 3


def test_the_cache_can_be_elsewhere(tiny_model: Path, tmp_path: Path) -> None:
    """The cache may be a folder or a VectorCache."""
    SentenceEncoder(tiny_model, cache=tmp_path / "a").encode(["help"])
    SentenceEncoder(tiny_model, cache=VectorCache(tmp_path / "b")).encode(["help", "order"])
    assert VectorCache(tmp_path / "a").info().entries == 1
    assert VectorCache(tmp_path / "b").info().entries == 2
    assert VectorCache().info().entries == 0


def test_streams_yield_one_batch_per_batch(encoder: SentenceEncoder) -> None:
    """The batches together equal encoding all at once, and nothing is read ahead."""
    taken: list[int] = []

    def parts() -> Any:
        for start in range(0, len(TEXTS), 5):
            taken.append(start)
            yield TEXTS[start : start + 5]

    stream = encoder.encode_stream(parts())
    first = next(stream)
    assert taken == [0]
    np.testing.assert_allclose(np.vstack([first, *stream]), encoder.encode(TEXTS), atol=1e-6)


def test_it_is_a_transformer_of_scikit_learn(encoder: SentenceEncoder) -> None:
    """In a pipeline, cloned, with parameters that can be set, and output as a table."""
    labels = [0, 1] * 6
    pipeline = make_pipeline(encoder, LogisticRegression()).fit(TEXTS, labels)
    assert clone(pipeline).fit(TEXTS, labels).predict(TEXTS).shape == (12,)
    copy = clone(encoder)
    assert copy.get_params() == encoder.get_params()
    assert copy.get_params()["max_length"] is None
    assert copy.set_params(max_length=9).max_length == 9
    table = copy.set_output(transform="pandas").transform(TEXTS)
    assert list(table.columns[:2]) == ["sentenceencoder0", "sentenceencoder1"]
    assert "max_length=9" in repr(copy)
    assert isinstance(encoder, Encoder)


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"),
    reason="scikit-learn before 1.8 keeps the index of a frame only",
)
def test_the_index_of_a_series_is_kept(encoder: SentenceEncoder) -> None:
    """A table of vectors has the index of its texts."""
    texts = pd.Series(TEXTS, index=range(5, 17))
    table = clone(encoder).set_output(transform="pandas").transform(texts)
    assert table.index.equals(texts.index)


def test_parameters_are_only_assigned() -> None:
    """Creating, printing and cloning an encoder does not require that the model exists."""
    encoder = clone(SentenceEncoder("./nowhere", max_length=7))
    assert "nowhere" in repr(encoder)
    with pytest.raises(UnknownModel):
        encoder.encode(["a"])


def test_pickles_exclude_the_model(encoder: SentenceEncoder) -> None:
    """Pickles are small, and the vectors are the same afterwards."""
    before = encoder.encode(TEXTS)
    written = pickle.dumps(encoder)
    assert len(written) < 2000
    np.testing.assert_array_equal(pickle.loads(written).encode(TEXTS), before)


def test_encoders_share_a_loaded_model(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone does not load the model again."""
    loaded: list[Path] = []

    def load(folder: Path, device: str, **settings: Any) -> Any:
        loaded.append(folder)
        return load_quietly(folder, device, **settings)

    monkeypatch.setattr("tunesmith.encoders.backends.torch_model.load_quietly", load)
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    encoder = SentenceEncoder(folder, cache=False, device="cpu", backend="torch")
    copy = clone(encoder)
    np.testing.assert_array_equal(encoder.encode(["help"]), copy.encode(["help"]))
    assert loaded == [folder]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_length", 129),
        ("max_length", 2),
        ("max_length", True),
        ("max_length", 7.5),
        ("batch_tokens", 0),
        ("device", "cuda:77"),
        ("device", "toaster"),
    ],
)
def test_parameters_out_of_range_are_named(tiny_model: Path, option: str, value: Any) -> None:
    """With the value that was given."""
    with pytest.raises(UsageError, match=str(value), check=about(option=option)):
        SentenceEncoder(tiny_model, cache=False, **{option: value}).encode(["a"])


def test_a_damaged_model_is_named(tiny_model: Path, tmp_path: Path) -> None:
    """The error names a model with unreadable weights."""
    folder = Path(shutil.copytree(tiny_model, tmp_path / "damaged"))
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(DamagedModel, match="damaged cannot be loaded"):
        SentenceEncoder(folder, cache=False).encode(["a"])


def test_non_finite_vectors_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """They are neither returned nor cached."""
    folder = Path(shutil.copytree(tiny_model, tmp_path / "nan"))
    weights = load_file(folder / "model.safetensors")
    weights["encoder.layer.2.output.dense.bias"][:] = np.nan
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="not finite for the text 'help'"):
        SentenceEncoder(folder).encode(["help"])
    assert VectorCache().info().entries == 0


def test_models_whose_positions_begin_late(tmp_path: Path) -> None:
    """RoBERTa counts positions from the padding token, and has no segments."""
    folder = _tiny_roberta(tmp_path)
    encoder = SentenceEncoder(folder, cache=False, device="cpu")
    assert encoder.dimension == 16
    np.testing.assert_allclose(encoder.encode(TEXTS), _theirs(folder, TEXTS), atol=1e-6)


def _tiny_roberta(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    words = ["<s>", "<pad>", "</s>", "<unk>", *(chr(code) for code in range(33, 127))]
    backend = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    backend.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", pad_token="<pad>",
        unk_token="<unk>", cls_token="<s>", sep_token="</s>", padding_side="left",
        truncation_side="left", model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(tmp_path / "bare")  # fmt: skip
    config = RobertaConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=42, pad_token_id=1,
    )  # fmt: skip
    RobertaModel(config).save_pretrained(tmp_path / "bare")
    transformer = Transformer(str(tmp_path / "bare"), max_seq_length=40)
    model = SentenceTransformer(modules=[transformer, Pooling(16, "lasttoken")], device="cpu")
    model.save_pretrained(str(tmp_path / "roberta"), create_model_card=False)
    return tmp_path / "roberta"


def test_models_without_a_transformer_work_too(tiny_model: Path, tmp_path: Path) -> None:
    """A table of word vectors is encoded by sentence-transformers itself."""
    tokenizer = Tokenizer.from_file(str(tiny_model / "tokenizer.json"))
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=6)])
    model.save_pretrained(str(tmp_path / "static"), create_model_card=False)
    encoder = SentenceEncoder(tmp_path / "static", cache=False, device="cpu")
    assert encoder.dimension == 6
    assert encoder.max_length == sys.maxsize
    found = encoder.encode(TEXTS)
    expected = np.asarray(
        SentenceTransformer(str(tmp_path / "static")).encode(TEXTS, normalize_embeddings=True)
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(UsageError, check=about(option="max_length")):
        encoder.set_params(max_length=8, backend="torch").encode(["a"])


@pytest.mark.slow
def test_the_bundled_model_equals_sentence_transformers(shared_data: Path) -> None:
    """all-MiniLM-L6-v2 on real questions and odd texts, to 1e-6."""
    with (shared_data / "banking77" / "test.csv").open(newline="", encoding="utf-8") as file:
        questions = [row["text"] for row in csv.DictReader(file)][:60]
    encoder = SentenceEncoder(cache=False, device="cpu")
    assert (encoder.name, encoder.dimension, encoder.max_length) == ("all-MiniLM-L6-v2", 384, 256)
    texts = questions + TEXTS
    np.testing.assert_allclose(encoder.encode(texts), _theirs(encoder.folder, texts), atol=1e-6)
