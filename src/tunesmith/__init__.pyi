from .advice.advise import advise as advise
from .client.client import Client as Client
from .comparison.evaluate import evaluate as evaluate
from .datasets.dataset import Dataset as Dataset
from .datasets.dataset import read as read
from .datasets.inspection import inspect as inspect
from .distillation.distill import distill as distill
from .encoders.sentence_encoder import SentenceEncoder as SentenceEncoder
from .errors import TunesmithError as TunesmithError
from .example_data import copy_examples as copy_examples
from .example_data import example as example
from .fitting.fit import fit as fit
from .fitting.text_classifier import TextClassifier as TextClassifier
from .home import Home as Home
from .models.model import Model as Model
from .models.model import load as load
from .models.serving import serve as serve
from .stop import Stop as Stop
from .tuners.contrastive import ContrastiveTuner as ContrastiveTuner
from .tuners.feed_forward import FeedForwardTuner as FeedForwardTuner
from .tuners.linear import LinearTuner as LinearTuner
from .vectors.closeness import rank_by_closeness as rank_by_closeness
from .vectors.similarity import (
    cosine_similarity as cosine_similarity,
)
from .vectors.similarity import (
    search as search,
)
from .vectors.similarity import (
    similarity as similarity,
)
from .version import __version__ as __version__
