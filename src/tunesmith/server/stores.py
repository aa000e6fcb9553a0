"""Everything that routes and workers use: the stores of one server, opened once."""

from dataclasses import dataclass

from sqlalchemy.engine import Engine

from tunesmith.server.datasets import DatasetStore
from tunesmith.server.derived import remove_derived
from tunesmith.server.faults import InUse
from tunesmith.server.fits import FitStore
from tunesmith.server.indexes.store import IndexStore
from tunesmith.server.keys import KeyStore
from tunesmith.server.labelling.label_acts import LabelActs
from tunesmith.server.metadata.database import open_database
from tunesmith.server.models import ModelStore
from tunesmith.server.settings import ServerSettings
from tunesmith.server.storage import Files
from tunesmith.wording import listing, plural


@dataclass(frozen=True, eq=False)
class Stores:
    """The stores of a server: the same in its web process and in its workers."""

    settings: ServerSettings
    engine: Engine
    files: Files
    datasets: DatasetStore
    fits: FitStore
    models: ModelStore
    keys: KeyStore
    indexes: IndexStore
    label_acts: LabelActs

    def delete_dataset(self, ident: str) -> None:
        """Delete a data set, its file and its maps; models that were fitted on it stay.

        Raises
        ------
        NotFound
            There is none with this id.
        InUse
            A fit that has not ended reads it.
        """
        digest = self.datasets.get(ident).digest
        self._require_unused(ident)
        self.datasets.delete(ident)
        if all(each.digest != digest for each in self.datasets.all()):
            remove_derived(self.settings.home, data=digest)

    def delete_versions(self, ident: str) -> None:
        """Delete all versions of a data set, or none; models that were fitted on them stay.

        Raises
        ------
        NotFound
            There is none with this id.
        InUse
            A fit that has not ended reads one of them.
        """
        versions = [each.id for each in self.datasets.versions(ident)]
        for version in versions:
            self._require_unused(version)
        for version in reversed(versions):
            self.delete_dataset(version)

    def _require_unused(self, dataset: str) -> None:
        if needing := self.fits.needing(dataset):
            raise InUse(
                f"data set {dataset} is used by fit {needing[0].id}, which has not ended",
                hint="cancel the fit, or wait until it has ended",
            )

    def delete_model(self, ident: str, *, force: bool = False) -> None:
        """Delete a model of this server, and its aliases; ``force`` also if an index uses it.

        Raises
        ------
        NotFound
            It is not a model of this server.
        InUse
            A search index uses it.
        """
        if not force:
            self.require_unindexed(ident)
        self.models.delete(ident)
        remove_derived(self.settings.home, model=ident)

    def require_unindexed(self, ident: str) -> None:
        """Refuse to go on if a search index uses a model.

        Raises
        ------
        InUse
            A search index uses it.
        """
        if names := self.indexes.using(ident):
            raise InUse(
                f"model {ident} is used by {plural(len(names), 'search index')}: {listing(names)}",
                hint=f"delete them first, or send DELETE /v1/models/{ident}?force=true: they "
                "cannot be searched after that",
            )


def open_stores(settings: ServerSettings) -> Stores:
    """Open the database and the storage of a server; both are created if they are not there.

    Raises
    ------
    UsageError
        The database is neither SQLite nor Postgres.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    engine = open_database(settings.metadata_url)
    files = Files(settings.files_url, settings.folder / "fetched")
    fits = FitStore(engine)
    return Stores(
        settings=settings,
        engine=engine,
        files=files,
        datasets=DatasetStore(engine, files, settings.upload_rows, settings.upload_bytes),
        fits=fits,
        models=ModelStore(engine, files, fits, settings.home),
        keys=KeyStore(engine),
        indexes=IndexStore(engine, files),
        label_acts=LabelActs(engine),
    )
