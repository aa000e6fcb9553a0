from .closeness import (
    Ranking as Ranking,
)
from .closeness import (
    distances_to_anchors as distances_to_anchors,
)
from .closeness import (
    rank_by_closeness as rank_by_closeness,
)
from .compress import (
    VectorPrecision as VectorPrecision,
)
from .compress import (
    dequantize as dequantize,
)
from .compress import (
    quantize as quantize,
)
from .compress import (
    truncate as truncate,
)
from .layers import (
    Layer as Layer,
)
from .layers import (
    apply_layers as apply_layers,
)
from .layers import (
    of_length_1 as of_length_1,
)
from .linear_classifier import (
    LinearClassifier as LinearClassifier,
)
from .linear_classifier import (
    load_classifier as load_classifier,
)
from .linear_classifier import (
    save_classifier as save_classifier,
)
from .similarity import (
    Hits as Hits,
)
from .similarity import (
    cosine_similarity as cosine_similarity,
)
from .similarity import (
    pairwise_similarity as pairwise_similarity,
)
from .similarity import (
    search as search,
)
from .similarity import (
    similarity as similarity,
)
