from .guesses import guess_labels as guess_labels
from .label_guesses import LabelGuesses as LabelGuesses
from .like_these import like_these as like_these
from .suggest import Reason as Reason
from .suggest import Suggestion as Suggestion
from .suggest import suggest as suggest
