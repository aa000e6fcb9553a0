from .folds import cross_fitted_trial as cross_fitted_trial
from .rungs import rung_plans as rung_plans
from .split import divide as divide
from .trial import (
    all_labels as all_labels,
)
from .trial import (
    make_task as make_task,
)
from .trial import (
    one_trial as one_trial,
)
from .variants import lighter_forms as lighter_forms
