"""Build an encoder from parts: a transformer, pooling, a dense layer, normalisation."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers.processors import TemplateProcessing

from tunesmith.encoders.backends.quiet import no_progress_bars
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import module_folders
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import DamagedModel, DataError, UsageError
from tunesmith.folders import replacing, require_new

Pooling = Literal["mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
Activation = Literal["tanh", "relu", "gelu", "identity"]
FEWEST_TEXTS = 100
_LONGEST = 256
_SPECIAL = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}


@dataclass(frozen=True)
class Sizes:
    """The sizes of a new transformer.

    Parameters
    ----------
    vocabulary
        Maximum vocabulary size; the vocabulary is learned from texts.
    width
        Hidden size.
    layers, heads
        Number of layers and of attention heads; ``width`` is divided among the heads.
    positions
        Maximum number of tokens of a text.

    Examples
    --------
    >>> sizes = Sizes(width=128, layers=2)
    >>> sizes.width // sizes.heads
    32
    """

    vocabulary: int = 8000
    width: int = 256
    layers: int = 4
    heads: int = 4
    positions: int = 256


def build(
    transformer: str | Path,
    out: str | Path,
    *,
    pooling: Pooling = "mean",
    dense: int | None = None,
    activation: Activation = "tanh",
    max_length: int | None = None,
    normalize: bool = True,
    seed: int = 0,
) -> Path:
    """Build an encoder around a plain transformer and write it as a folder.

    Parameters
    ----------
    transformer
        Folder or name of a Hugging Face model, or a sentence-transformers model, of which only
        the transformer is used.
    out
        Output folder, new or empty.
    pooling
        Pooling of token vectors: their mean, the first, their maximum, and so on.
    dense
        Output dimension of a randomly initialised dense layer after pooling; None for no layer.
    activation
        Activation of the dense layer.
    max_length
        Maximum length in tokens; by default 256, or the transformer's limit if that is less.
    normalize
        Whether to L2-normalise vectors.
    seed
        Random seed for the dense layer's initial weights.

    Returns
    -------
    Path
        The folder, a plain sentence-transformers model.

    Raises
    ------
    UsageError
        A parameter is unknown or out of range.
    UnknownModel, DamagedModel
        The transformer cannot be found or loaded.
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> build("all-MiniLM-L6-v2", "mine", pooling="cls", dense=128)
    PosixPath('mine')
    """
    _check_parts(pooling, activation, dense)
    folder = locate(transformer)
    path = _require_new_folder(out)
    if describe(folder).routed:
        raise UsageError(
            f"{transformer} has a Router, not a single transformer",
            hint="give the folder of one of its transformers",
            option="transformer",
        )
    transformer_folder = folder / module_folders(folder)[0]
    module = _transformer(transformer_folder)
    _set_length(module, max_length, describe(transformer_folder).max_length)
    with replacing(path) as aside:
        _assemble(module, pooling, dense, activation, seed, normalize=normalize).save_pretrained(
            str(aside), create_model_card=False
        )
    return path


def build_from_texts(
    texts: Iterable[str],
    out: str | Path,
    *,
    sizes: Sizes | None = None,
    pooling: Pooling = "mean",
    dense: int | None = None,
    activation: Activation = "tanh",
    normalize: bool = True,
    seed: int = 0,
) -> Path:
    """Build an encoder from scratch: a tokenizer trained on texts, and random weights.

    It must be trained before use; with little text, a pretrained model is a better start.

    Parameters
    ----------
    texts
        At least 100 texts to train the tokenizer on (byte-pair encoding, lower-cased).
    out
        Output folder, new or empty.
    sizes
        Sizes of the transformer, a BERT.
    pooling, dense, activation, normalize
        As for :func:`build`.
    seed
        Random seed for the weights.

    Returns
    -------
    Path
        The folder, a plain sentence-transformers model.

    Raises
    ------
    DataError
        There are too few texts.
    UsageError
        A parameter is unknown or out of range.
    OutputError
        The folder cannot be written.
    DamagedModel
        The new transformer cannot be loaded, which is a bug.

    Examples
    --------
    >>> texts = Path("examples/tickets.csv").read_text("utf-8").splitlines()
    >>> build_from_texts(texts, "tiny", sizes=Sizes(width=32, layers=1))
    PosixPath('tiny')
    """
    _check_parts(pooling, activation, dense)
    chosen_sizes = sizes or Sizes()
    _check_sizes(chosen_sizes)
    path = _require_new_folder(out)
    training_texts = list(texts)
    if len(training_texts) < FEWEST_TEXTS:
        raise DataError(
            f"{len(training_texts)} texts are too few to train a tokenizer",
            hint=f"give at least {FEWEST_TEXTS}, preferably tens of thousands",
        )
    with TemporaryDirectory(prefix="tunesmith-") as folder:
        _write_bert(Path(folder), training_texts, chosen_sizes, seed)
        return build(
            folder,
            path,
            pooling=pooling,
            dense=dense,
            activation=activation,
            max_length=chosen_sizes.positions,
            normalize=normalize,
            seed=seed,
        )


def _check_parts(pooling: str, activation: str, dense: int | None) -> None:
    for name, value, known in (
        ("pooling", pooling, get_args(Pooling)),
        ("activation", activation, get_args(Activation)),
    ):
        if value not in known:
            raise UsageError(
                f"{name} is {value!r}", hint=f"give one of {', '.join(known)}", option=name
            )
    if dense is not None and dense < 1:
        raise UsageError(f"dense is {dense}", hint="give 1 or more, or omit it", option="dense")


def _check_sizes(sizes: Sizes) -> None:
    for name, value in vars(sizes).items():
        if value < 1:
            raise UsageError(f"{name} is {value}", hint="give 1 or more", option=name)
    if sizes.width % sizes.heads:
        raise UsageError(
            f"width {sizes.width} is not divisible by {sizes.heads} heads", option="width"
        )
    if sizes.vocabulary < len(_SPECIAL) + 100:
        raise UsageError(
            f"vocabulary is {sizes.vocabulary}", hint="give 105 or more", option="vocabulary"
        )


def _require_new_folder(out: str | Path) -> Path:
    path = Path(out).expanduser()
    require_new(path)
    return path


def _transformer(folder: Path) -> Any:
    from sentence_transformers.base.modules import Transformer

    try:
        with no_progress_bars():
            return Transformer(
                str(folder),
                model_kwargs={"local_files_only": True},
                processor_kwargs={"local_files_only": True},
            )
    except Exception as error:  # a damaged file can raise errors from any of three libraries
        raise DamagedModel(f"{folder} cannot be loaded as a transformer: {error}") from error


def _set_length(module: Any, max_length: int | None, limit: int | None) -> None:
    if max_length is not None and (max_length < 3 or (limit and max_length > limit)):
        raise UsageError(
            f"max_length is {max_length}",
            hint=f"give 3 to {limit or 'any number'}",
            option="max_length",
        )
    module.max_seq_length = max_length or min(limit or _LONGEST, _LONGEST)


def _assemble(
    module: Any,
    pooling: str,
    dense: int | None,
    activation: str,
    seed: int,
    *,
    normalize: bool,
) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling as PoolingModule
    from torch import nn

    functions = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU, "identity": nn.Identity}
    width = module.get_embedding_dimension()
    parts = [module, PoolingModule(width, pooling)]
    if dense is not None:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            parts.append(Dense(width, dense, activation_function=functions[activation]()))
    return SentenceTransformer(modules=[*parts, *([Normalize()] if normalize else [])])


def _write_bert(folder: Path, texts: list[str], sizes: Sizes, seed: int) -> None:
    import torch
    from transformers import BertConfig, BertModel

    tokenizer = _tokenizer(texts, sizes)
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=4 * sizes.width,
        max_position_embeddings=sizes.positions,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        BertModel(config, add_pooling_layer=False).save_pretrained(folder)


def _tokenizer(texts: list[str], sizes: Sizes) -> Any:
    """Train a byte-pair encoding, which is deterministic even for ties."""
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token=_SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()]
    )
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=sizes.vocabulary, special_tokens=[*_SPECIAL.values()], show_progress=False
        ),
    )
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=sizes.positions,
        **_SPECIAL,
    )
