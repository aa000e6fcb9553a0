"""What the tests share: a tiny model made on the spot, the real data, a home of their own."""

import gc
import os
import random
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker a core: more threads than that would wait for each other. Child processes inherit it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not whether the promise holds.
settings.register_profile("clockless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("clockless")

# A million objects of torch and its kin stay: to look for cycles among them as often as Python does
# takes a fifteenth of the time of a fit.
gc.set_threshold(20_000, 20, 50)

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files with slow tests first, so that the workers finish at about the same time.

    Long tests are slow, so that ``-m "not slow"`` leaves both out.
    """
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Tunesmith home for what several tests share, so that the user's own is left alone."""
    folder = tmp_path_factory.mktemp("shared-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_HOME", str(folder))
        patch.setenv("TUNESMITH_SHARED_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def home(
    shared_home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A Tunesmith home that only this test sees, gone with it."""
    folder = tmp_path_factory.mktemp("home")
    known = shared_home / "agreements"  # so that not every fit compares the tiny model
    if known.is_dir():
        shutil.copytree(known, folder / "agreements")
    monkeypatch.setenv("TUNESMITH_HOME", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_exports(shared_home: Path, tiny_encoder: Path) -> None:
    """The exports of the bundled and the tiny model, which fits that keep them copy."""
    from tunesmith.encoders.backends.onnx_export import exported
    from tunesmith.encoders.backends.onnx_folder import FOLDER
    from tunesmith.encoders.model_files.bundled import bundled_folder
    from tunesmith.encoders.model_files.digest import folder_digest
    from tunesmith.home import Home

    tiny = Home(shared_home).exports / folder_digest(tiny_encoder)
    shutil.copytree(tiny_encoder / FOLDER, tiny, dirs_exist_ok=True)
    exported(bundled_folder(), folder_digest(bundled_folder()))


@pytest.fixture
def common_home(
    home: Path,
    shared_home: Path,
    shared_exports: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The shared home instead: there the bundled model is exported once, not for every test."""
    monkeypatch.setenv("TUNESMITH_HOME", str(shared_home))


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass whenever a fit's or a recipe's clock is looked at: deadlines cut at one
    step always.

    Whoever waits for the real clock tests the machine as well; a busy one has no step done yet.
    """
    from tunesmith import stop
    from tunesmith.fitting import ladder, outcome, plans, run
    from tunesmith.fitting.labels import cross_task as labels
    from tunesmith.fitting.pairs import cross_task as pairs
    from tunesmith.recipes.training import run as base

    seconds = count()

    def look() -> float:
        return float(next(seconds))

    for module in (base, stop, ladder, outcome, plans, run, labels, pairs):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=look, perf_counter=look))


@pytest.fixture(scope="session")
def examples() -> Path:
    """The project's own example data."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data that lies beside the project; a test that needs it is skipped where it is not."""
    folder = Path(os.environ.get("TUNESMITH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data is not at {folder}; set TUNESMITH_DATA to where it is")
    return folder


@pytest.fixture(scope="session")
def tiny_model(shared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers folder with a random three-layer BERT of 32 dimensions."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    from tunesmith.encoders.agreement import require_agreement
    from tunesmith.home import Home

    folder = tmp_path_factory.mktemp("tiny")
    _write_tiny_bert(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=64)
    model = SentenceTransformer(modules=[transformer, Pooling(32), Normalize()], device="cpu")
    model.save_pretrained(str(folder / "model"), create_model_card=False)
    with Home(shared_home).active():
        require_agreement(folder / "model")
    return folder / "model"


@pytest.fixture(scope="session")
def tiny_encoder(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with its ONNX file, as a model folder is made from."""
    from tunesmith.encoders.save import write_encoder

    folder = tmp_path_factory.mktemp("encoder")
    write_encoder(tiny_model, (), folder)
    return folder


@pytest.fixture(scope="session")
def tiny_judge(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of one layer with random weights."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("judge")
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.5,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def toy_tickets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV of 150 made-up tickets in three classes that even a random model can tell apart."""
    generator = random.Random(7)
    words = {"card": ["card", "pay"], "order": ["order", "late"], "login": ["login", "broken"]}
    lines = ["text,label"]
    for _ in range(50):
        for label, own in words.items():
            filler = [f"{generator.choice('bcdfg')}{generator.choice('aeiou')}" for _ in range(7)]
            text = [*filler, generator.choice(own), generator.choice(own)]
            generator.shuffle(text)
            lines.append(f"{' '.join(text)},{label}")
    path = tmp_path_factory.mktemp("toy") / "toy.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def few_tickets(toy_tickets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half of the toy tickets, for tests whose promise does not depend on scores."""
    lines = toy_tickets.read_text(encoding="utf-8").splitlines()[:76]
    path = tmp_path_factory.mktemp("few") / "few.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def toy_fit(
    tiny_model: Path, toy_tickets: Path, tmp_path_factory: pytest.TempPathFactory
) -> "FitResult":
    """A fit of the toy tickets with every candidate, to be read only: copy what is changed."""
    from tunesmith.fitting import fit

    folder = tmp_path_factory.mktemp("toy-fit")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_HOME", str(folder / "home"))
        return fit(toy_tickets, base=tiny_model, budget=None, test="off", output=folder / "tuned")


@pytest.fixture
def tiny_bundled(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put the tiny model where the bundled one is looked for: what is trained costs little.

    The function itself is not replaced: a module that is first imported by the test would keep
    the replacement for good.
    """
    from tunesmith.encoders.model_files import bundled
    from tunesmith.encoders.model_files.digest import cached_digest

    package = SimpleNamespace(origin=str(tiny_model.parent / "__init__.py"))
    monkeypatch.setattr(bundled, "find_spec", lambda _: package)
    monkeypatch.setattr(bundled, "WEIGHTS_DIGEST", cached_digest(tiny_model / "model.safetensors"))
    bundled.bundled_folder.cache_clear()
    yield tiny_model
    bundled.bundled_folder.cache_clear()


@pytest.fixture(scope="module")
def uncompiled_umap() -> Iterator[None]:
    """Compiling umap takes 20 seconds; on a few vectors plain Python is faster."""
    if find_spec("umap") is None or "umap" in sys.modules:
        yield
        return
    import numba

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "DISABLE_JIT", True)
        yield
    for name in [*sys.modules]:  # other tests draw more vectors
        if name.partition(".")[0] in {"umap", "pynndescent"}:
            del sys.modules[name]


def _write_tiny_bert(folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    letters = [chr(code) for code in range(33, 127)]
    words = ["card", "order", "refund", "late", "cancel", "login", "pay", "money", "broken"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    vocabulary += [f"##{letter}" for letter in letters] + words
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
