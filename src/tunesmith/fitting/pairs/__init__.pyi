from .rungs import pair_rung_plans as pair_rung_plans
from .trial import fit_pairs as fit_pairs
from .trial import prepare_pairs as prepare_pairs
