"""Which kinds of examples each loss on tuples of texts accepts; importing this loads no torch."""

from typing import Final, Literal

from tunesmith.kinds import Kind

PairedLoss = Literal["softmax", "cosine", "cosent", "ranking", "triplet", "margins"]

ACCEPTED_KINDS: Final[dict[PairedLoss, tuple[Kind, ...]]] = {
    "softmax": (Kind.NLI,),
    "cosine": (Kind.SCORED_PAIRS,),
    "cosent": (Kind.SCORED_PAIRS,),
    "ranking": (Kind.PAIRS, Kind.TRIPLETS),
    "triplet": (Kind.TRIPLETS,),
    "margins": (Kind.TRIPLETS,),
}
