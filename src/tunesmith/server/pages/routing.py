"""The routes of all pages, in the order in which they are tried."""

from tunesmith.server.pages import (
    changes,
    compare,
    confusions,
    dataset,
    datasets,
    files,
    find,
    fit,
    fits,
    home,
    label,
    manage,
    maps,
    model,
    model_data,
    models,
    new_fit,
    reading,
    settings,
    sign_in,
    try_it,
    versions,
)

ROUTERS = tuple(
    page.router
    for page in (
        *(home, files, datasets, label, dataset, versions, reading, new_fit, fits, fit, models),
        *(maps, confusions, changes, model_data, try_it, manage, model),
        *(compare, find, settings, sign_in),
    )
)
"""A form comes before the page of one thing, whose id could be ``new``."""
