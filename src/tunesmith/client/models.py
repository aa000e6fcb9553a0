"""Models: list, show, rename, download, aliases."""

from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from tunesmith.client.resources import RemoteModel, model_of
from tunesmith.client.verbs import Verbs, name_of, part, part_of
from tunesmith.errors import OutputError
from tunesmith.folders import replacing, require_new, writing_to


class Models(Verbs):
    """Verbs for models and aliases."""

    def models(self, *, limit: int | None = None, offset: int = 0) -> list[RemoteModel]:
        """Return models, the newest of the server first: all, or ``limit`` after ``offset``."""
        found = self._connection.get("/models", **part_of(limit, offset))
        return [model_of(each) for each in found]

    def model(self, model: str | RemoteModel) -> RemoteModel:
        """Return a model with its summary, by id or alias.

        Raises
        ------
        UnknownModel
            There is none.
        """
        return model_of(self._connection.get(f"/models/{part(model)}"))

    def rename(self, model: str | RemoteModel, name: str) -> RemoteModel:
        """Change the name that people see; the id stays."""
        path = f"/models/{part(model)}"
        return model_of(
            self._connection.send("PATCH", path, lambda: {"json": {"name": name}}).json()
        )

    def delete_model(self, model: str | RemoteModel, *, force: bool = False) -> None:
        """Delete a model of the server, and its aliases.

        Parameters
        ----------
        model
            A model or its id; an alias is refused.
        force
            Whether to delete it although a search index uses it.

        Raises
        ------
        UsageError
            An alias was given, or a search index uses the model.
        """
        query = "?force=true" if force else ""
        self._connection.send("DELETE", f"/models/{part(model)}{query}")

    def report(self, model: str | RemoteModel) -> str:
        """Return the report of the fit, a page of HTML."""
        return self._connection.send("GET", f"/models/{part(model)}/report").text

    def download(
        self, model: str | RemoteModel, folder: str | Path, *, overwrite: bool = False
    ) -> Path:
        """Download a model into a folder that :func:`tunesmith.load` takes; return the folder.

        Parameters
        ----------
        model
            The model.
        folder
            The folder, which must be new or empty.
        overwrite
            Whether to replace what is in the folder.

        Raises
        ------
        OutputError
            The folder is not empty, or it cannot be written.
        """
        out = Path(folder).expanduser()
        if not overwrite:
            require_new(out)
        with writing_to(out), TemporaryDirectory() as temporary:
            archive = Path(temporary) / "model.zip"
            self._connection.save(f"/models/{part(model)}/download", archive)
            with replacing(out) as target:
                _extract(archive, target)
        return out

    def aliases(self) -> dict[str, str]:
        """Return the model of each alias."""
        found: dict[str, str] = self._connection.get("/aliases")
        return found

    def set_alias(self, alias: str, model: str | RemoteModel) -> None:
        """Let an alias such as ``support@production`` stand for a model."""
        values = {"model": name_of(model)}
        self._connection.send("PUT", f"/aliases/{part(alias)}", lambda: {"json": values})

    def roll_back(self, alias: str) -> str:
        """Let an alias stand for the model that it stood for before; return that model's id."""
        answer = self._connection.post(f"/aliases/{part(alias)}/roll-back", repeat=False)
        return str(answer["model"])

    def delete_alias(self, alias: str) -> None:
        """Delete an alias; its model stays."""
        self._connection.send("DELETE", f"/aliases/{part(alias)}")


def _extract(archive: Path, target: Path) -> None:
    """Unpack the single folder of an archive; its entries must be inside it."""
    with ZipFile(archive) as opened:
        for entry in opened.infolist():
            inside = Path(*Path(entry.filename).parts[1:])
            place = (target / inside).resolve()
            if entry.is_dir() or not place.is_relative_to(target.resolve()):
                raise OutputError(f"the archive has an invalid entry {entry.filename!r}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(opened.read(entry))
