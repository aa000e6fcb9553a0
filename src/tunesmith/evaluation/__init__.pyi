from .comparison import Comparison as Comparison
from .comparison import resample_weights as resample_weights
from .evaluator import Encode as Encode
from .evaluator import Evaluator as Evaluator
from .item_scores import ItemScores as ItemScores
from .item_scores import MeanScores as MeanScores
from .item_scores import value as value
from .labels.calibration import calibrate as calibrate
from .labels.calibration import calibrated_predictions as calibrated_predictions
from .labels.calibration import calibrated_probabilities as calibrated_probabilities
from .labels.calibration import measure_calibration as measure_calibration
from .labels.label_errors import suspected_label_finding as suspected_label_finding
from .labels.label_errors import suspected_labels as suspected_labels
from .labels.probe import fit_probe as fit_probe
from .labels.targets import Targets as Targets
from .maps.projection import check_method as check_method
from .pairs.evaluators import (
    RetrievalEvaluator as RetrievalEvaluator,
)
from .pairs.evaluators import (
    SimilarityEvaluator as SimilarityEvaluator,
)
from .pairs.evaluators import (
    build_evaluator as build_evaluator,
)
from .pairs.forgetting import forgetting as forgetting
from .pairs.forgetting import general_pairs as general_pairs
