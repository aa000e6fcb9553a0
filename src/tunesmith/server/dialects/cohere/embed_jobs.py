"""Embed jobs, which are not offered: their result is a file at an address without a key."""

from tunesmith.server.access import Reader
from tunesmith.server.dialects.cohere.routing import cohere_router
from tunesmith.server.faults import NotFound

router = cohere_router("/v1/embed-jobs")


@router.get("")
@router.post("")
@router.get("/{ident}")
@router.post("/{ident}/cancel")
def embed_jobs(_key: Reader) -> dict[str, str]:
    """Name the command that embeds files."""
    raise NotFound(
        "this server has no embed jobs",
        hint="embed a whole file with the command `tunesmith embed MODEL FILE`, or call embed",
    )
