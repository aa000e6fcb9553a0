"""Hugging Face datasets as Arrow tables, with class names in place of class numbers."""

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from tunesmith.errors import UsageError
from tunesmith.wording import listing, plural

_SPLITS: Final = ("DatasetDict", "IterableDatasetDict")


def is_split(source: object) -> bool:
    """Return whether a source is a dictionary of Hugging Face datasets."""
    return type(source).__name__ in _SPLITS


def dataset_table(source: Any) -> pa.Table:
    """Return a dataset, or the only split of a dictionary of them, as an Arrow table.

    Raises
    ------
    UsageError
        There are several splits, or the dataset is iterable only.
    """
    kind = type(source).__name__
    if is_split(source):
        return dataset_table(_only_split(source))
    if kind != "Dataset":
        raise UsageError(
            f"cannot read {kind}", hint="convert it to a Dataset first", option="source"
        )
    table = source.with_format("arrow")[:]
    for index, name in enumerate(table.column_names):
        feature = source.features[name]
        if _has_classes(feature):
            cells = [_decoded(cell, feature) for cell in table[name].to_pylist()]
            table = table.set_column(index, name, pa.array(cells))
    return table


def _only_split(source: Mapping[str, Any]) -> Any:
    if len(source) == 1:
        return next(iter(source.values()))
    raise several_splits(source)


def several_splits(source: Mapping[str, Any]) -> UsageError:
    """Return the error for a mapping of splits, of which only one can be read."""
    return UsageError(
        f"the {type(source).__name__} has {plural(len(source), 'split')}: {listing(source)}",
        hint="pass one of them, and the others as `validation` or `test`",
        option="source",
    )


def _has_classes(feature: Any) -> bool:
    if isinstance(feature, Mapping):
        return any(map(_has_classes, feature.values()))
    items = _items(feature)
    return type(feature).__name__ == "ClassLabel" if items is None else _has_classes(items)


def _decoded(cell: Any, feature: Any) -> Any:
    """Return a cell with class names, also within lists and objects; unknown ones are None."""
    if cell is None:
        return None
    if isinstance(feature, Mapping):
        return {name: _decoded(member, feature[name]) for name, member in cell.items()}
    if (items := _items(feature)) is not None:
        return [_decoded(item, items) for item in cell]
    if type(feature).__name__ == "ClassLabel":
        return feature.names[cell] if 0 <= cell < len(feature.names) else None
    return cell


def _items(feature: Any) -> Any:
    """Return the feature of a list's items, or None if the feature is not a list."""
    return feature[0] if isinstance(feature, list) else getattr(feature, "feature", None)
