from .cross_fitting import cross_fit as cross_fit
from .fit import fit_labelled as fit_labelled
from .rungs import rung_plans as rung_plans
from .split import split_labelled as split_labelled
from .trial import (
    all_labels as all_labels,
)
from .trial import (
    fit_once as fit_once,
)
from .trial import (
    make_task as make_task,
)
from .variants import compressed_variants as compressed_variants
