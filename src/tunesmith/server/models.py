"""Models that the server knows: fitted here, found in the home, or bundled; and their aliases."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, RowMapping

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UnknownModel
from tunesmith.home import Home
from tunesmith.models.folder import METADATA
from tunesmith.models.model import installed
from tunesmith.server.alias_history import AliasChange, alias_history, earlier_models
from tunesmith.server.faults import NameTaken, NotFound, NotReady
from tunesmith.server.fits import FitStore, Status
from tunesmith.server.ids import is_id, note_id, shown_name
from tunesmith.server.metadata.rows import kept_row, kept_rows
from tunesmith.server.metadata.tables import alias_changes, aliases, models
from tunesmith.server.storage import Files
from tunesmith.server.stored_model import (
    StoredModel,
    base_folder,
    bundled_model,
    checked,
    home_model,
    is_base_folder,
    stored_metadata,
)

OLD_ENDING = "-ft"
# Other processes may move an alias: a request is answered by the former model for so long.
_REMEMBERED_SECONDS = 1.0
# A folder that is being replaced is missing for a moment: its model in memory answers for so long.
_MISSING_SECONDS = 3.0
_ALIAS = re.compile(r"[\w][\w.-]{0,59}(@[\w][\w.-]{0,19})?")


@dataclass(frozen=True)
class _Place:
    """Where a model was found, and when: monotonic seconds."""

    ident: str
    folder: Path | str
    found: float
    looked: float

    @property
    def age(self) -> float:
        """Seconds since somebody looked."""
        return time.monotonic() - self.looked


class ModelStore:
    """The models of a server.

    Parameters
    ----------
    engine
        The database of metadata.
    files
        The storage of files.
    fits
        The fits of the server, to say that a model is not ready yet.
    home
        The home, whose other models are served too.
    """

    def __init__(self, engine: Engine, files: Files, fits: FitStore, home: Home) -> None:
        self._engine, self._files, self._fits, self._home = engine, files, fits, home
        self._places: dict[str, _Place] = {}

    def add(self, ident: str, name: str, dataset_id: str | None, created_by: str | None) -> None:
        """Store a model whose folder is complete; storing it again changes nothing."""
        values = {
            "id": ident,
            "name": shown_name(name),
            "dataset_id": dataset_id,
            "created_at": time.time(),
            "created_by": created_by,
        }
        with self._engine.begin() as connection:
            known = connection.execute(sa.select(models.c.id).where(models.c.id == ident)).scalar()
            if known is None:
                connection.execute(models.insert().values(**values))

    def get(self, name: str) -> StoredModel:
        """Return a model by its id, its id with ``-ft``, or an alias.

        Raises
        ------
        UnknownModel
            There is none.
        NotReady
            Its fit has not ended, or failed.
        DamagedModel
            Its files cannot be read.
        """
        found = self.show(name)
        if found.damage is not None:
            raise found.damage_error
        return found

    def show(self, name: str) -> StoredModel:
        """Return a model as :meth:`get` does, also a damaged one.

        Raises
        ------
        UnknownModel
            There is none.
        NotReady
            Its fit has not ended, or failed.
        """
        for ident in self._meant(name):
            if (found := self._find(ident)) is not None:
                return found
        self._explain(name)
        raise UnknownModel(
            f"there is no model {name!r}", hint="list the models with GET /v1/models"
        )

    def folder(self, name: str) -> Path | str:
        """Return the local folder of a model, or the name of the bundled base.

        Raises
        ------
        UnknownModel
            There is none.
        NotReady
            Its fit has not ended, or failed.
        DamagedModel
            Its folder is gone.
        """
        return self.folder_of(self.show(name))

    def folder_of(self, model: StoredModel) -> Path | str:
        """Return the local folder of a model that was found, or the name of the bundled base.

        Raises
        ------
        DamagedModel
            Its folder is gone.
        """
        if model.source == "fit":
            try:
                return self._files.local(model_key(model.id))
            except FileNotFoundError:
                raise model.damage_error from None
        return DEFAULT_BASE if model.source == "bundled" else self._home.models / model.id

    def place(self, name: str) -> Path | str:
        """Return :meth:`folder`, which is remembered for a second; for every single request.

        Raises
        ------
        UnknownModel
            There is none.
        NotReady
            Its fit has not ended, or failed.
        """
        known = self._places.get(name)
        if known is None or known.age > _REMEMBERED_SECONDS:
            self._places[name] = known = self._placed(name, known)
        note_id(known.ident)
        return known.folder

    def _placed(self, name: str, known: "_Place | None") -> "_Place":
        now = time.monotonic()
        try:
            folder = self.folder(name)
            ident = folder.name if isinstance(folder, Path) else folder
            return _Place(ident, folder, found=now, looked=now)
        except UnknownModel:
            if known is None or now - known.found > _MISSING_SECONDS:
                self._places.pop(name, None)
                raise
            return replace(known, looked=now)

    def all(self) -> list[StoredModel]:
        """Return all models that can be called: those of this server first, newest first."""
        return [model for model in self.listed() if model.damage is None]

    def listed(self) -> list[StoredModel]:
        """Return all models, also damaged ones, in the order of :meth:`all`."""
        rows = kept_rows(self._engine, models)
        with self._home.active():
            folders = installed()
        # As in a look-up: a model of this server hides one of the home with its id.
        taken = {DEFAULT_BASE, *(row["id"] for row in rows)}
        others = [home_model(folder) for folder in folders if folder.name not in taken]
        others += [base_folder(each) for each in self._base_folders() if each.name not in taken]
        known = self.aliases()
        found = [*map(self._own, rows), *others, bundled_model()]
        return [model.with_aliases(known) for model in found]

    def newest(self, limit: int) -> list[StoredModel]:
        """Return the newest models of this server, also damaged ones, without their aliases."""
        return [self._own(row) for row in kept_rows(self._engine, models, limit=limit)]

    def has(self, ident: str) -> bool:
        """Return whether a model that can be called has this id; an alias is none."""
        found = self._find(ident) if is_id(ident) else None
        return found is not None and found.damage is None

    def rename(self, ident: str, name: str) -> StoredModel:
        """Change the name that people see; the id stays."""
        self._require_own(ident)
        with self._engine.begin() as connection:
            change = models.update().where(models.c.id == ident).values(name=shown_name(name))
            connection.execute(change)
        return self.get(ident)

    def delete(self, ident: str) -> None:
        """Delete a model of this server, and its aliases.

        Raises
        ------
        NotFound
            It is not a model of this server.
        """
        model = self._require_own(ident)
        self._places.clear()
        for alias in model.aliases:
            self.set_alias(alias, None)
        with self._engine.begin() as connection:
            deleted = models.update().where(models.c.id == ident).values(deleted_at=time.time())
            connection.execute(deleted)
        self._files.delete(model_key(ident))

    def set_alias(self, alias: str, model: str | None, changed_by: str | None = None) -> None:
        """Let an alias such as ``support@production`` stand for a model; None removes it.

        Raises
        ------
        NameTaken
            A model has this name.
        UnknownModel
            There is no such model.
        """
        self._move(alias, model, changed_by, rolled_back=False)

    def _move(
        self, alias: str, model: str | None, changed_by: str | None, *, rolled_back: bool
    ) -> None:
        if not _ALIAS.fullmatch(alias) or self._find(alias) is not None:
            raise NameTaken(
                f"{alias!r} cannot be an alias",
                hint="use letters, digits and .-_ with one @, and no model's id",
            )
        target = None if model is None else self.get(model).id
        self._places.clear()
        now = time.time()
        with self._engine.begin() as connection:
            connection.execute(aliases.delete().where(aliases.c.alias == alias))
            if target is not None:
                row = {"alias": alias, "model_id": target, "changed_at": now}
                connection.execute(aliases.insert().values(**row))
            change = {"alias": alias, "model_id": target, "changed_at": now}
            change |= {"changed_by": changed_by, "rolled_back": rolled_back}
            connection.execute(alias_changes.insert().values(**change))

    def roll_back(self, alias: str, changed_by: str | None = None) -> str:
        """Let an alias stand for the model that it stood for before; return that model's id.

        Each roll-back goes one model further back.

        Raises
        ------
        NotFound
            It stood for no other model before that is still there.
        """
        models_before = earlier_models(self.alias_changes(alias))
        earlier = next((each for each in models_before if self._find(each)), None)
        if earlier is None:
            raise NotFound(f"alias {alias!r} has no earlier model", hint="set it to a model")
        self._move(alias, earlier, changed_by, rolled_back=True)
        return earlier

    def alias_changes(self, alias: str) -> list[AliasChange]:
        """Return the changes of an alias, the first first."""
        with self._engine.connect() as connection:
            return alias_history(connection, alias)

    def aliases(self) -> dict[str, str]:
        """Return the model of each alias."""
        return self._aliases_where(sa.true())

    def _aliases_where(self, condition: sa.ColumnElement[bool]) -> dict[str, str]:
        query = sa.select(aliases.c.alias, aliases.c.model_id).where(condition)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(aliases.c.alias))
            return {row.alias: row.model_id for row in rows}

    def _meant(self, name: str) -> list[str]:
        """Return the ids that a name may mean: itself, without ``-ft``, or its alias's model."""
        if not is_id(name):
            return []
        names = list(dict.fromkeys([name, name.removesuffix(OLD_ENDING)]))
        known = self._aliases_where(aliases.c.alias.in_(names))
        return [known.get(each, each) for each in names]

    def _find(self, ident: str) -> StoredModel | None:
        row = kept_row(self._engine, models, ident)
        found = self._other(ident) if row is None else self._own(row)
        if found is None:
            return None
        return found.with_aliases(self._aliases_where(aliases.c.model_id == ident))

    def _own(self, row: RowMapping) -> StoredModel:
        metadata, damage = self._read(row["id"])
        return StoredModel(
            id=row["id"],
            name=row["name"],
            source="fit",
            created_at=row["created_at"],
            metadata=metadata,
            dataset_id=row["dataset_id"],
            damage=damage,
        )

    def _read(self, ident: str) -> tuple[dict[str, Any], str | None]:
        """Return the metadata of a model of this server, and why it cannot be read."""
        try:
            folder = self._files.local(model_key(ident))
            return checked(folder, partial(stored_metadata, folder))
        except FileNotFoundError:
            return {}, "its folder is gone"

    def _other(self, ident: str) -> StoredModel | None:
        """Return the bundled base, or a model of the home."""
        if ident == DEFAULT_BASE:
            return bundled_model()
        # Compared with the names that are there: a name never becomes a path.
        folder = next((each for each in self._home_folders() if each.name == ident), None)
        if folder is not None and is_base_folder(folder):
            return base_folder(folder)
        if folder is None or ident.startswith(".") or not (folder / METADATA).is_file():
            return None
        return home_model(folder)

    def _base_folders(self) -> list[Path]:
        return [each for each in sorted(self._home_folders()) if is_base_folder(each)]

    def _home_folders(self) -> Iterable[Path]:
        return self._home.models.iterdir() if self._home.models.is_dir() else ()

    def _require_own(self, ident: str) -> StoredModel:
        model = self.show(ident)
        if model.source != "fit":
            raise NotFound(
                f"model {ident!r} was not made by this server", hint="change it where it was made"
            )
        return model

    def _explain(self, name: str) -> None:
        """Raise NotReady if the name is that of a fit that has no model yet, or failed."""
        try:
            fit = self._fits.get(name.removesuffix(OLD_ENDING))
        except NotFound:
            return
        if fit.status is Status.READY:
            return  # its model was deleted
        words = f": {fit.error['message']}" if fit.error else ""
        raise NotReady(f"model {fit.id} is not ready, its fit is {fit.status}{words}")


def model_key(ident: str) -> str:
    """Return the key of a model's folder."""
    return f"models/{ident}"
