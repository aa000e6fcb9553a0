"""``tunesmith cache``: cached vectors and ONNX files."""

from dataclasses import asdict
from typing import Annotated

import typer

from tunesmith.cli.arguments.options import AsJson
from tunesmith.cli.render.output import Output, write_json
from tunesmith.encoders.backends.onnx_folder import clear_home_exports, home_exports
from tunesmith.encoders.cache.vector_cache import VectorCache
from tunesmith.wording import count, plural, size

EXAMPLES = """
tunesmith cache            # location and size
tunesmith cache --clear    # delete its contents
"""


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete all cached files.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show or clear the cache of vectors and ONNX files.

    Later runs reuse cached vectors and the ONNX exports of models. The variable
    TUNESMITH_CACHE_BYTES limits the size of the vectors; beyond it, the least recently used are
    removed.
    """
    vectors = VectorCache()
    cleared = vectors.info().entries if clear else 0
    if clear:
        vectors.clear()
        clear_home_exports()
    info, exports = vectors.info(), home_exports()
    if as_json:
        write_json({**asdict(info), "cleared": cleared, "exports": exports})
        return
    output = Output()
    if clear:
        output.line(f"cleared {plural(cleared, 'vector')}")
    output.facts(
        {
            "file": str(info.path),
            "vectors": count(info.entries),
            "encoders": count(info.spaces),
            "size": size(info.bytes),
            "limit": size(info.limit),
            "ONNX files": f"{count(exports.models)}, {size(exports.bytes)}",
        }
    )
