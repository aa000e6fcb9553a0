from .contrastive import ContrastiveTuner as ContrastiveTuner
from .contrastive_learner import ContrastiveLearner as ContrastiveLearner
from .difference import DifferenceClassifier as DifferenceClassifier
from .feed_forward import FeedForwardTuner as FeedForwardTuner
from .linear import LinearTuner as LinearTuner
from .nudge import NudgeTuner as NudgeTuner
from .pairs import (
    Pair as Pair,
)
from .pairs import (
    pair_columns as pair_columns,
)
from .pairs import (
    pairs_from_classes as pairs_from_classes,
)
from .pairs import (
    pairs_from_documents as pairs_from_documents,
)
from .pairs import (
    pairs_from_function as pairs_from_function,
)
from .pairs import (
    pairs_from_labels as pairs_from_labels,
)
from .query import QueryTuner as QueryTuner
from .sbert_learner import SbertLearner as SbertLearner
