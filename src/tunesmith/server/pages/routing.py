"""The routes of all pages, in the order in which they are tried."""

from tunesmith.server.pages import (
    dataset,
    datasets,
    files,
    fit,
    fits,
    home,
    maps,
    model,
    models,
    new_fit,
    reading,
    sign_in,
    versions,
)

ROUTERS = tuple(
    page.router
    for page in (
        home,
        files,
        datasets,
        dataset,
        versions,
        reading,
        new_fit,
        fits,
        fit,
        models,
        maps,
        model,
        sign_in,
    )
)
"""A form comes before the page of one thing, whose id could be ``new``."""
