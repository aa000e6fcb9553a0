from .fit import fit as fit
from .request import FitRequest as FitRequest
from .run import fit_dataset as fit_dataset
from .settings import Settings as Settings
from .text_classifier import TextClassifier as TextClassifier
