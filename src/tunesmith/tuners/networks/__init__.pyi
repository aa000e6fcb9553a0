from .contrastive import Contrast as Contrast
from .contrastive import ContrastiveNetwork as ContrastiveNetwork
from .dense_layers import layers_module as layers_module
from .feed_forward import (
    FeedForwardNetwork as FeedForwardNetwork,
)
from .feed_forward import (
    Regularisation as Regularisation,
)
from .pair import PairNetwork as PairNetwork
from .training import (
    Network as Network,
)
from .training import (
    PairRows as PairRows,
)
from .training import (
    Rows as Rows,
)
from .training import (
    Trainer as Trainer,
)
