from .inference import Inference as Inference
from .inference import Truncate as Truncate
from .limits import Limits as Limits
from .models import LoadedInfo as LoadedInfo
from .observer import BatchStats as BatchStats
from .observer import Observer as Observer
from .observer import quiet as quiet
from .request import Encoded as Encoded
