"""Tiny models of odd make, each of a kind that is found in the field."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    Dense,
    Normalize,
    Pooling,
    Router,
    Transformer,
)
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    GPT2Config,
    GPT2Model,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

WIDTH = 16
POSITIONS = 40
Make = Callable[[Path], None]
_SIZES = {
    "hidden_size": WIDTH,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "initializer_range": 0.3,
}
_LETTERS = [chr(code) for code in range(33, 127)]
_WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *_LETTERS,
    *(f"##{one}" for one in _LETTERS),
]


def bert(folder: Path, seed: int = 0) -> Path:
    """Write a BERT of one layer and 40 positions."""
    torch.manual_seed(seed)
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(_WORDS) + "\n", encoding="utf-8")
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=POSITIONS)
    tokenizer.save_pretrained(folder)
    config = BertConfig(vocab_size=len(_WORDS), max_position_embeddings=POSITIONS, **_SIZES)
    BertModel(config).save_pretrained(folder)
    return folder


def letters(folder: Path, *, pad: bool = True) -> Path:
    """Write a GPT-2 without special tokens around a text, and without a padding token."""
    torch.manual_seed(0)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(alphabet)} | {"<end>": 256}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    names = {"eos_token": "<end>"} | ({"pad_token": "<end>"} if pad else {})
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=POSITIONS, **names)
    fast.save_pretrained(folder)
    config = GPT2Config(
        vocab_size=257, n_positions=POSITIONS, n_embd=WIDTH, n_layer=1, n_head=2,
        initializer_range=0.3, bos_token_id=256, eos_token_id=256,
    )  # fmt: skip
    GPT2Model(config).save_pretrained(folder)
    return folder


def roberta(folder: Path) -> Path:
    """Write a RoBERTa, whose first two positions are not used."""
    letters(folder)
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=257, max_position_embeddings=POSITIONS, pad_token_id=1, **_SIZES
    )
    RobertaModel(config).save_pretrained(folder)
    text = (folder / "tokenizer_config.json").read_text("utf-8")
    limited = {**json.loads(text), "model_max_length": 10**30, "pad_token": "\u0101"}
    (folder / "tokenizer_config.json").write_text(json.dumps(limited), "utf-8")
    return folder


def dense(width_in: int, width_out: int, seed: int, activation: Any = None) -> Dense:
    """Return a random dense module; a bias, and by default no activation."""
    torch.manual_seed(seed)
    function = torch.nn.Identity() if activation is None else activation
    return Dense(width_in, width_out, activation_function=function)


def save(folder: Path, modules: list[Any], **settings: Any) -> None:
    """Write a model of these modules."""
    model = SentenceTransformer(modules=modules, device="cpu", **settings)
    model.save_pretrained(str(folder), create_model_card=False)


def _first(folder: Path, seed: int = 0, name: str = "bert") -> Transformer:
    return Transformer(str(bert(folder.parent / f"{folder.name}-{name}", seed)))


def _pooled(mode: Any, **settings: Any) -> Make:
    return lambda folder: save(
        folder,
        [_first(folder), Pooling(WIDTH, mode, **settings)],
        prompts={"query": "query: "},
    )


def _router_last(folder: Path) -> None:
    routes = {"query": [dense(WIDTH, 8, 1)], "document": [dense(WIDTH, 8, 2)]}
    save(folder, [_first(folder), Pooling(WIDTH), Router(routes, default_route="document")])


def _router_like_a_map(folder: Path) -> None:
    """After vectors that are not normalised, a bias counts otherwise."""
    routes = {"query": [dense(WIDTH, WIDTH, 1), Normalize()], "document": [Normalize()]}
    save(folder, [_first(folder), Pooling(WIDTH), Router(routes, default_route="document")])


def _two_towers(folder: Path) -> None:
    towers = {
        name: [_first(folder, seed, name), Pooling(WIDTH)]
        for seed, name in enumerate(("query", "document"))
    }
    save(folder, [Router(towers, default_route="document"), Normalize()])


def _dense(folder: Path) -> None:
    save(folder, [_first(folder), Pooling(WIDTH), dense(WIDTH, 24, 3, torch.nn.Tanh())])


def _truncated(folder: Path) -> None:
    save(folder, [_first(folder), Pooling(WIDTH), Normalize()], truncate_dim=5)


def _prompted(folder: Path) -> None:
    prompts = {"query": "query: ", "document": "passage: ", "sts": "compare: "}
    modules = [_first(folder), Pooling(WIDTH), Normalize()]
    save(folder, modules, prompts=prompts, default_prompt_name="sts")


def _half(folder: Path) -> None:
    modules = [_first(folder).half(), Pooling(WIDTH), Normalize()]
    save(folder, modules)


def _gpt(*, pad: bool) -> Make:
    def make(folder: Path) -> None:
        first = letters(folder.parent / f"{folder.name}-gpt", pad=pad)
        save(folder, [Transformer(str(first)), Pooling(WIDTH)])

    return make


def _old(folder: Path) -> None:
    """The layout of version 2: switches for the pooling, a length of its own, no settings."""
    save(folder, [_first(folder), Pooling(WIDTH), Normalize()])
    (folder / "config_sentence_transformers.json").unlink()
    settings = {"max_seq_length": 20, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings), "utf-8")
    switches = {"word_embedding_dimension": WIDTH, "pooling_mode_cls_token": True}
    switches |= {"pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(switches), "utf-8")
    listing = json.loads((folder / "modules.json").read_text("utf-8"))
    for module in listing:
        module["type"] = "sentence_transformers.models." + module["type"].rpartition(".")[2]
    (folder / "modules.json").write_text(json.dumps(listing), "utf-8")


def _roberta(folder: Path) -> None:
    save(folder, [Transformer(str(roberta(folder.parent / "roberta"))), Pooling(WIDTH)])


def _too_long(folder: Path) -> None:
    save(folder, [_first(folder), Pooling(WIDTH)])
    settings = {"max_seq_length": 512, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings), "utf-8")


MODELS: dict[str, Make] = {
    "cls": _pooled("cls"),
    "max": _pooled("max"),
    "root": _pooled("mean_sqrt_len_tokens"),
    "weighted": _pooled("weightedmean"),
    "last": _pooled("lasttoken"),
    "concatenated": _pooled(("mean", "max")),
    "prompt excluded": _pooled("mean", include_prompt=False),
    "router last": _router_last,
    "router like a map": _router_like_a_map,
    "two towers": _two_towers,
    "dense": _dense,
    "truncated": _truncated,
    "prompted": _prompted,
    "half": _half,
    "letters": _gpt(pad=True),
    "no padding token": _gpt(pad=False),
    "old": _old,
    "roberta": _roberta,
    "too long": _too_long,
}
ROUTED = {"router last", "router like a map", "two towers"}
LIMITS = {"roberta": POSITIONS - 2, "too long": POSITIONS, "old": 20, "letters": POSITIONS}
