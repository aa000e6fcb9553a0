from .evaluate import Evaluation as Evaluation
from .evaluate import evaluate as evaluate
from .mteb import MtebEncoder as MtebEncoder
from .mteb import run_task as run_task
