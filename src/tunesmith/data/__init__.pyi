from .checks.check import (
    check as check,
)
from .checks.check import (
    drop_faulty as drop_faulty,
)
from .checks.check import (
    raise_on_errors as raise_on_errors,
)
from .detection.detect import Detected as Detected
from .detection.detect import detect as detect
from .loaded import Loaded as Loaded
from .loaded import Rejected as Rejected
from .reading.read import read as read
from .reshaping.document_pairs import part_pairs as part_pairs
from .reshaping.reshape import possible_kinds as possible_kinds
from .reshaping.reshape import reshape as reshape
from .reshaping.score_scale import scaled_to_1 as scaled_to_1
from .splits.near_duplicates import groups as groups
from .splits.split import Split as Split
from .splits.split import folds as folds
from .splits.split import split as split
from .splits.time_split import split_by_time as split_by_time
from .splits.training_only import training_only as training_only
from .splits.training_only import untestable_classes as untestable_classes
from .statistics import (
    class_counts as class_counts,
)
from .statistics import (
    score_spread as score_spread,
)
from .statistics import (
    split_sizes as split_sizes,
)
