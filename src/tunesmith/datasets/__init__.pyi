from .evaluation_data import Examination as Examination
from .evaluation_data import read_exam as read_exam
from .inspection import Inspection as Inspection
from .inspection import inspect as inspect
from .training_data import Material as Material
from .training_data import gather_material as gather_material
