from .budget import parse_duration as parse_duration
from .run import fit as fit
from .settings import Settings as Settings
