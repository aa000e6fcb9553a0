"""Token counts equal those of the model, without torch."""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from tunesmith.encoders.backends.tokenizer import (
    FolderTokens,
    encode_starts,
    truncated,
    truncating_tokenizer,
)
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DamagedModel

TEXTS = ["", "help my card", "h " * 300, "Ünïcode 😀", "שלום"]


def _by_transformers(folder: Path) -> list[int]:
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    return [len(tokenizer(text, truncation=False)["input_ids"]) for text in TEXTS]


def test_lengths_are_those_of_the_model_untruncated(tiny_model: Path) -> None:
    """Special tokens are counted, and texts are not truncated."""
    tokens = FolderTokens(tiny_model)
    assert tokens.max_length == 64
    assert tokens.token_lengths(TEXTS).tolist() == _by_transformers(tiny_model)
    assert tokens.token_lengths(TEXTS)[2] == 302
    assert tokens.token_lengths([]).shape == (0,)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("max_length", [None, 2, 4, 16, 64])
def test_the_start_of_a_long_text_gives_the_tokens_of_the_whole(
    tiny_model: Path, max_length: int | None, side: str
) -> None:
    """Also where a token takes many characters, or none."""
    draw = random.Random(3)
    parts = ["card ", "h", "x" * 300, " " * 500, "Ünï😀", "שלום ", "\u200b" * 90, ". "]
    texts = ["".join(draw.choices(parts, k=draw.randint(1, 600))) for _ in range(40)]
    texts += ["", " " * 9_000 + "my card", "x" * 9_000, "word " * 9_000, *TEXTS]
    tokenizer = truncating_tokenizer((tiny_model / "tokenizer.json").read_text(), max_length, side)
    whole = tokenizer.encode_batch_fast(texts)
    starts = encode_starts(tokenizer, texts)
    assert [each.ids for each in starts] == [each.ids for each in whole]
    assert truncated(starts).tolist() == truncated(whole).tolist()


def test_a_folder_without_tokenizer_json_is_counted_correctly(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Then transformers builds the tokenizer from its vocabulary."""
    fast = AutoTokenizer.from_pretrained(str(tiny_model))
    folder = Path(shutil.copytree(tiny_model, tmp_path / "slow"))
    (folder / "tokenizer.json").unlink()
    words = sorted(fast.get_vocab().items(), key=lambda item: item[1])
    (folder / "vocab.txt").write_text("\n".join(word for word, _ in words) + "\n")
    expected = FolderTokens(tiny_model).token_lengths(TEXTS).tolist()
    assert FolderTokens(folder).token_lengths(TEXTS).tolist() == expected


def test_a_broken_tokenizer_is_named(tiny_model: Path, tmp_path: Path) -> None:
    """The message names the folder."""
    folder = Path(shutil.copytree(tiny_model, tmp_path / "broken"))
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(DamagedModel, match=r"tokenizer in .* cannot be read"):
        FolderTokens(folder).token_lengths(["a"])


def test_light_modules_load_nothing_heavy() -> None:
    """Counting, locating and the cache need neither torch nor scikit-learn."""
    code = (
        "import sys\n"
        "from tunesmith.encoders.backends.tokenizer import FolderTokens\n"
        "from tunesmith.encoders.cache.vector_cache import VectorCache\n"
        "from tunesmith.encoders.model_files import bundled, digest, locate\n"
        "FolderTokens(locate.locate('all-MiniLM-L6-v2')).token_lengths(['a text'])\n"
        "VectorCache().info()\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'sklearn', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_model_without_tokenizer_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """It would turn every text into special tokens; the message names the missing file."""
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    for name in ("tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).unlink(missing_ok=True)
    for call in (SentenceEncoder(str(folder)).encode, FolderTokens(folder).token_lengths):
        with pytest.raises(DamagedModel, match=r"no tokenizer: tokenizer\.json is missing"):
            call(["a text"])
