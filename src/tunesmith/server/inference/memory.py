"""How much memory a loaded model takes."""

from tunesmith.models.serving import LoadedModel

# Tokenizer, session and the buffers of a batch, measured on all-MiniLM-L6-v2: 70 MB in addition to
# its weights.
_BESIDES_WEIGHTS = 70 * 10**6


def model_bytes(model: LoadedModel) -> int:
    """Return the memory of a loaded model in bytes, estimated from its weights and vectors."""
    size = model.encoder.engine.weight_bytes + _BESIDES_WEIGHTS
    if model.classifier is not None:
        size += model.classifier.weight.nbytes
    if model.familiar_texts is not None:
        size += model.familiar_texts.vectors.nbytes
    return size
