from .dataset import Dataset as Dataset
from .dataset import read as read
from .evaluation_data import EvaluationData as EvaluationData
from .evaluation_data import load_evaluation_data as load_evaluation_data
from .inspection import Inspection as Inspection
from .inspection import inspect as inspect
from .training_data import TrainingData as TrainingData
from .training_data import load_training_data as load_training_data
