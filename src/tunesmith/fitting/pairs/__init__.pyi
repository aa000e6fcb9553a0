from .cross_fitting import cross_fit_pairs as cross_fit_pairs
from .fit import fit_pairs as fit_pairs
from .rungs import pair_rung_plans as pair_rung_plans
from .trial import fit_pairs_once as fit_pairs_once
from .trial import prepare_pairs as prepare_pairs
