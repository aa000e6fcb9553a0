"""The routes of all pages, in the order in which they are tried."""

from tunesmith.server.pages import (
    dataset,
    datasets,
    files,
    fit,
    fits,
    home,
    label,
    maps,
    model,
    models,
    new_fit,
    sign_in,
)

ROUTERS = tuple(
    page.router
    for page in (
        home,
        files,
        datasets,
        label,
        dataset,
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
