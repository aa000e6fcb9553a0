from .negatives import Mined as Mined
from .negatives import MiningReport as MiningReport
from .negatives import mine as mine
from .new_pairs import NewPairs as NewPairs
from .new_pairs import new_pairs as new_pairs
from .rules import Mode as Mode
from .rules import Rules as Rules
