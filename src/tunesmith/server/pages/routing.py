"""The routes of all pages, in the order in which they are tried."""

from tunesmith.server.pages import (
    compare,
    dataset,
    datasets,
    files,
    find,
    fit,
    fits,
    home,
    maps,
    model,
    models,
    new_fit,
    settings,
    sign_in,
)

ROUTERS = tuple(
    page.router
    for page in (home, files, datasets, dataset, new_fit, fits, fit, models, maps, model, sign_in)
) + tuple(page.router for page in (compare, find, settings))
"""A form comes before the page of one thing, whose id could be ``new``."""
