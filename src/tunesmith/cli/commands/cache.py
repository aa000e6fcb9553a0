"""``tunesmith cache``: the vectors and ONNX files that need not be computed again."""

from dataclasses import asdict
from typing import Annotated

import typer

from tunesmith.cli.arguments.options import AsJson
from tunesmith.cli.render.output import Output, write_json
from tunesmith.encoders.backends.onnx_folder import clear_home_exports, home_exports
from tunesmith.encoders.cache.vector_cache import VectorCache
from tunesmith.wording import count, plural, size

EXAMPLES = """
tunesmith cache            # where it lies and how large it is
tunesmith cache --clear    # empty it
"""


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove everything from it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show or clear the cache of vectors and ONNX files.

    A second run takes from it what the first encoded, and the ONNX files of models from elsewhere.
    The variable TUNESMITH_CACHE_BYTES sets the limit for vectors; beyond it, what was not used for
    longest is removed.
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
