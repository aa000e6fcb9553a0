from .advise import Advice as Advice
from .advise import advise as advise
from .class_outlook import (
    ClassOutlook as ClassOutlook,
)
from .class_outlook import (
    Outlook as Outlook,
)
from .class_outlook import (
    class_outlooks as class_outlooks,
)
from .costs import RecipeCost as RecipeCost
from .costs import recipe_costs as recipe_costs
from .learning_curve import (
    CurvePoint as CurvePoint,
)
from .learning_curve import (
    Doubling as Doubling,
)
from .learning_curve import (
    LearningCurve as LearningCurve,
)
from .learning_curve import (
    learning_curve as learning_curve,
)
from .power_law import PowerLaw as PowerLaw
from .power_law import fit_power_law as fit_power_law
