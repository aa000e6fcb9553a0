"""Data sets: upload, list, delete."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from tunesmith.client.errors import error_of
from tunesmith.client.resources import RemoteDataset, resource
from tunesmith.client.verbs import Verbs, part, part_of
from tunesmith.errors import UnreadableFile, UsageError

_ID = re.compile(r"data-[0-9a-f]{20}")


class Datasets(Verbs):
    """Verbs for data sets."""

    def read(  # noqa: PLR0913 - the options of tunesmith.read
        self,
        source: Any,
        *,
        name: str = "",
        kind: str | None = None,
        columns: Mapping[str, str] | None = None,
        encoding: str | None = None,
        fixes: Sequence[str] = (),
        skip_invalid: bool = False,
        strict: bool = False,
        version_of: str | RemoteDataset | None = None,
    ) -> RemoteDataset:
        """Upload data; the server stores and checks it before this returns.

        Parameters
        ----------
        source
            The path of a file, a pandas, polars or Arrow table, a list of rows, or a dictionary of
            columns.
        name
            The name that people see; by default the file's.
        kind, columns, encoding, fixes, skip_invalid, strict
            As for :func:`tunesmith.read`.
        version_of
            The data set that this is a new version of.

        Returns
        -------
        The data set, with the report of its check.

        Raises
        ------
        DataError
            The data cannot be used; the error names file, row and column.
        UsageError
            The source is a folder, or an option does not fit the data.
        """
        options: dict[str, Any] = {
            "name": name,
            "kind": kind or "",
            "columns": json.dumps(dict(columns)) if columns else "",
            "encoding": encoding or "",
            "fixes": list(fixes),
            "skip_invalid": str(skip_invalid).lower(),
            "strict": str(strict).lower(),
            "version_of": version_of.id if isinstance(version_of, RemoteDataset) else version_of,
        }
        found = resource(RemoteDataset, self._sent(source, options).json())
        if found.status == "failed":
            raise error_of(found.error or {}, 422)
        return found

    def datasets(self, *, limit: int | None = None, offset: int = 0) -> list[RemoteDataset]:
        """Return data sets, newest first: all, or ``limit`` after ``offset``."""
        found = self._connection.get("/datasets", **part_of(limit, offset))
        return [resource(RemoteDataset, each) for each in found]

    def dataset(self, dataset: str | RemoteDataset) -> RemoteDataset:
        """Return a data set with the report of its check."""
        return resource(RemoteDataset, self._connection.get(f"/datasets/{part(dataset)}"))

    def versions(self, dataset: str | RemoteDataset) -> list[RemoteDataset]:
        """Return all versions of a data set, the first first."""
        found = self._connection.get(f"/datasets/{part(dataset)}/versions")
        return [resource(RemoteDataset, each) for each in found]

    def change_dataset(
        self,
        dataset: str | RemoteDataset,
        *,
        relabel: Mapping[int, str | Sequence[str] | None] | None = None,
        drop: Sequence[int] = (),
        note: str = "",
    ) -> RemoteDataset:
        """Make a new version of a data set with other labels or fewer rows.

        Parameters
        ----------
        dataset
            The data set, which stays as it is.
        relabel
            Row number, counted from 1 without the header, to the new label: None removes the
            label, and a row of multi-label data gets a list of all its labels.
        drop
            The numbers of the rows to leave out.
        note
            What was done, for people.

        Raises
        ------
        UsageError
            A row does not exist, a label does not fit the data, or nothing would change.
        """
        values = {"relabel": dict(relabel or {}), "drop": list(drop), "note": note}
        made = self._connection.post(f"/datasets/{part(dataset)}/changes", values)
        return resource(RemoteDataset, made)

    def delete_dataset(self, dataset: str | RemoteDataset) -> None:
        """Delete a data set; models that were fitted on it stay."""
        self._connection.send("DELETE", f"/datasets/{part(dataset)}")

    def _dataset_id(self, given: Any, **options: Any) -> str:
        """Return the id of a data set; anything else is uploaded first."""
        if isinstance(given, RemoteDataset):
            return given.id
        if isinstance(given, str) and _ID.fullmatch(given):
            return given
        return self.read(given, **options).id

    def _sent(self, source: Any, options: Mapping[str, Any]) -> httpx.Response:
        """Send a file or a table; the server takes a repeated one as one."""
        fields = {name: value for name, value in options.items() if value not in ("", None, [])}
        with ExitStack() as stack:

            def body() -> dict[str, Any]:
                if isinstance(source, str | Path):
                    path = _file(source)
                    file = (path.name, stack.enter_context(path.open("rb")))
                    return {"data": fields, "files": {"file": file}}
                return {"data": fields, "files": {"file": ("data.parquet", table)}}

            table = b"" if isinstance(source, str | Path) else _parquet(source)
            return self._connection.send("POST", "/datasets", body)


def _file(source: str | Path) -> Path:
    path = Path(source).expanduser()
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder", hint="upload a file of rows, or a table", option="source"
        )
    if not path.is_file():
        raise UnreadableFile(f"there is no file {path}", hint="check the path", file=str(source))
    return path


def _parquet(source: Any) -> bytes:
    """Return rows or a table as the bytes of a Parquet file."""
    import pyarrow as pa  # noqa: PLC0415 - only tables need it
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    from tunesmith.data.reading.read import read  # noqa: PLC0415 - as above

    sink = pa.BufferOutputStream()
    pq.write_table(read(source).table, sink)
    return bytes(sink.getvalue())
