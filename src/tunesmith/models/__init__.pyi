from .folder import read_metadata as read_metadata
from .folder import save as save
from .model import (
    Model as Model,
)
from .model import (
    Prediction as Prediction,
)
from .model import (
    attach as attach,
)
from .model import (
    find as find,
)
from .model import (
    installed as installed,
)
from .model import (
    load as load,
)
from .model import (
    open_encoder as open_encoder,
)
from .publish import (
    Exported as Exported,
)
from .publish import (
    Package as Package,
)
from .publish import (
    Pushed as Pushed,
)
from .publish import (
    export as export,
)
from .publish import (
    pack as pack,
)
from .publish import (
    push as push,
)
