"""What the routes use: the stores, the queue of fits, and the loaded models."""

from dataclasses import dataclass, field
from threading import Event

from tunesmith.server.audit import AuditLog
from tunesmith.server.comparisons import Comparisons
from tunesmith.server.datasets import DatasetStore
from tunesmith.server.fits import FitStore
from tunesmith.server.form_tokens import FormTokens
from tunesmith.server.indexes.store import IndexStore
from tunesmith.server.inference import Inference
from tunesmith.server.jobs.queue import Jobs
from tunesmith.server.judging import Judge
from tunesmith.server.keys import KeyStore
from tunesmith.server.labelling.label_acts import LabelActs
from tunesmith.server.labelling.labelling import Labelling
from tunesmith.server.maps import Maps
from tunesmith.server.metrics import Metrics
from tunesmith.server.models import ModelStore
from tunesmith.server.neighbours import Neighbours
from tunesmith.server.plans import Plans
from tunesmith.server.rates import Rates
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import Stores
from tunesmith.server.tracing import Tracing


@dataclass(frozen=True, eq=False)
class Services:
    """What the routes use.

    Parameters
    ----------
    stores
        Data sets, fits, models, keys and search indexes.
    jobs
        The queue of fits.
    inference
        The loaded models.
    audit
        Who did what.
    metrics
        Figures for Prometheus.
    rates
        The rate limit of keys.
    judge
        Evaluations, advice and the drawing of maps, one at a time.
    maps
        Maps of the texts of data sets, drawn when they are asked for.
    neighbours
        Vectors of the texts of data sets, computed when they are asked for.
    labelling
        Vectors, guesses and suggestions for labelling.
    comparisons
        Comparisons of models on data sets, made when they are asked for.
    plans
        What fits would try, estimated before they start.
    tracing
        Traces of requests and fits; None without a collector.
    stopping
        Set when the server begins to stop: streams of events end then.
    form_tokens
        Tokens of forms that must not be sent twice.
    """

    stores: Stores
    jobs: Jobs
    inference: Inference
    audit: AuditLog
    metrics: Metrics
    rates: Rates
    judge: Judge
    maps: Maps
    neighbours: Neighbours
    labelling: Labelling
    comparisons: Comparisons
    plans: Plans
    tracing: Tracing | None = None
    stopping: Event = field(default_factory=Event)
    form_tokens: FormTokens = field(default_factory=FormTokens)

    @property
    def settings(self) -> ServerSettings:
        """The settings of the server."""
        return self.stores.settings

    @property
    def datasets(self) -> DatasetStore:
        """The data sets."""
        return self.stores.datasets

    @property
    def fits(self) -> FitStore:
        """The fits."""
        return self.stores.fits

    @property
    def models(self) -> ModelStore:
        """The models."""
        return self.stores.models

    @property
    def keys(self) -> KeyStore:
        """The API keys."""
        return self.stores.keys

    @property
    def indexes(self) -> IndexStore:
        """The search indexes."""
        return self.stores.indexes

    @property
    def label_acts(self) -> LabelActs:
        """The acts of labelling."""
        return self.stores.label_acts
