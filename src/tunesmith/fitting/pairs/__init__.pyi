from .rungs import pair_rung_plans as pair_rung_plans
from .trial import lay_ground as lay_ground
from .trial import one_pair_trial as one_pair_trial
