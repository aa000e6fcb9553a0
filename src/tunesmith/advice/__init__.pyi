from .advise import Advice as Advice
from .advise import advise as advise
from .class_forecast import (
    ClassForecast as ClassForecast,
)
from .class_forecast import (
    Outlook as Outlook,
)
from .class_forecast import (
    class_forecasts as class_forecasts,
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
from .plan_fit import FitPlan as FitPlan
from .plan_fit import PlannedCandidate as PlannedCandidate
from .plan_fit import plan_fit as plan_fit
from .power_law import PowerLaw as PowerLaw
from .power_law import fit_power_law as fit_power_law
