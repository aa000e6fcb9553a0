from .evaluate import Disagreement as Disagreement
from .evaluate import Evaluation as Evaluation
from .evaluate import evaluate as evaluate
from .mteb import MtebEncoder as MtebEncoder
from .mteb import run_task as run_task
from .training_overlap import TrainingOverlap as TrainingOverlap
from .training_overlap import training_overlap as training_overlap
