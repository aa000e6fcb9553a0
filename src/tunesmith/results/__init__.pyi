from .evidence import Evidence as Evidence
from .evidence import Maps as Maps
from .evidence import PairEvidence as PairEvidence
from .from_json import summary_of as summary_of
from .from_json import verdict_of as verdict_of
from .summary import (
    Change as Change,
)
from .summary import (
    Finding as Finding,
)
from .summary import (
    Outcome as Outcome,
)
from .summary import (
    Rung as Rung,
)
from .summary import (
    RungStatus as RungStatus,
)
from .summary import (
    Severity as Severity,
)
from .summary import (
    Summary as Summary,
)
from .summary import (
    Verdict as Verdict,
)
from .to_json import plain as plain
