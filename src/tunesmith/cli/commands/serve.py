"""``tunesmith serve``: an HTTP server for data sets, fits and models."""

from typing import Annotated

import typer

from tunesmith import server
from tunesmith.cli.arguments.server import Database, Files
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.fitting.budget import parse_duration
from tunesmith.server import inference

LIMITS = "Limits"
NOTICES = "Notices"

EXAMPLES = """
tunesmith serve                                     # on this machine: http://127.0.0.1:8080
tunesmith serve --host 0.0.0.0                      # for others, who then need API keys
tunesmith serve --workers 2                         # two fits at a time
tunesmith serve --database postgresql://db/tunesmith  # metadata and jobs in Postgres
"""


def serve(  # noqa: PLR0917 - typer calls it, and by names
    host: Annotated[
        str,
        typer.Option("--host", metavar="ADDRESS", help="Address to listen on."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="Port to listen on.")
    ] = 8080,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            metavar="N",
            min=0,
            help="Number of fits at a time; 0 if workers are started with `tunesmith worker`.",
        ),
    ] = 1,
    keys: Annotated[
        bool | None,
        typer.Option(
            "--keys/--no-keys",
            help="Require API keys. Default: only if --host lets other machines connect.",
            show_default=False,
        ),
    ] = None,
    database: Database = "",
    files: Files = "",
    reload_models: Annotated[
        bool,
        typer.Option(
            "--reload-models",
            help="Reload a loaded model whose folder in the home has changed, without a pause.",
        ),
    ] = False,
    requests_per_minute: Annotated[
        int | None,
        typer.Option(
            "--requests-per-minute",
            metavar="N",
            min=1,
            help="Maximum number of requests of one API key in a minute. Default: no limit.",
            show_default=False,
        ),
    ] = None,
    upload_bytes: Annotated[
        int,
        typer.Option(
            "--upload-bytes",
            metavar="BYTES",
            min=1,
            help="Maximum size of an uploaded file, also unpacked.",
            rich_help_panel=LIMITS,
        ),
    ] = 2**30,
    upload_rows: Annotated[
        int,
        typer.Option(
            "--upload-rows",
            metavar="N",
            min=1,
            help="Maximum number of rows of an uploaded file.",
            rich_help_panel=LIMITS,
        ),
    ] = 2_000_000,
    upload_seconds: Annotated[
        float,
        typer.Option(
            "--upload-seconds",
            metavar="SECONDS",
            min=1,
            help="Maximum time to receive a request.",
            rich_help_panel=LIMITS,
        ),
    ] = 600.0,
    body_bytes: Annotated[
        int,
        typer.Option(
            "--body-bytes",
            metavar="BYTES",
            min=1,
            help="Maximum size of a request without a file.",
            rich_help_panel=LIMITS,
        ),
    ] = 64 * 2**20,
    memory_bytes: Annotated[
        int,
        typer.Option(
            "--memory-bytes",
            metavar="BYTES",
            min=1,
            help="Memory for loaded models; the least recently used ones are unloaded.",
            rich_help_panel=LIMITS,
        ),
    ] = 2 * 2**30,
    queue_tokens: Annotated[
        int,
        typer.Option(
            "--queue-tokens",
            metavar="N",
            min=2048 * 256,
            help="Maximum number of tokens that wait; more are answered with 429.",
            rich_help_panel=LIMITS,
        ),
    ] = 2 * 64 * 96 * 256,
    dialect_budget: Annotated[
        str,
        typer.Option(
            "--dialect-budget",
            metavar="TIME",
            help="Time budget of a fit that Cohere's or OpenAI's client starts.",
        ),
    ] = "5m",
    tei_model: Annotated[
        str,
        typer.Option(
            "--tei-model",
            metavar="MODEL",
            help="Model at /tei, for clients of text-embeddings-inference.",
        ),
    ] = DEFAULT_BASE,
    audit_use: Annotated[
        bool,
        typer.Option(
            "--audit-use",
            help="Record in the audit log also who uses which model; texts are never recorded.",
        ),
    ] = False,
    webhook: Annotated[
        str,
        typer.Option(
            "--webhook",
            metavar="URL",
            help="Send a signed POST when a fit has ended. TUNESMITH_WEBHOOK_SECRET is the secret.",
            show_default=False,
            rich_help_panel=NOTICES,
        ),
    ] = "",
    webhook_private: Annotated[
        bool,
        typer.Option(
            "--webhook-private",
            help="Allow a webhook in a private network.",
            rich_help_panel=NOTICES,
        ),
    ] = False,
    email: Annotated[
        str,
        typer.Option(
            "--email",
            metavar="ADDRESS",
            help="Send an e-mail when a fit has ended. TUNESMITH_SMTP_URL is the mail server, such "
            "as smtp://user:password@host:587.",
            show_default=False,
            rich_help_panel=NOTICES,
        ),
    ] = "",
) -> None:
    """Start an HTTP server for data sets, fits and models.

    It accepts uploads, fits models in processes of their own, and answers requests for vectors,
    labels and matches. Everything is kept in the home folder unless --database and --files say
    otherwise. Ctrl-C stops it; unfinished fits go on with the next start.
    """
    server.listen(
        server.ServerSettings(
            host=host,
            port=port,
            workers=workers,
            require_keys=keys,
            database=database,
            files=files,
            reload_models=reload_models,
            requests_per_minute=requests_per_minute,
            upload_bytes=upload_bytes,
            upload_rows=upload_rows,
            upload_seconds=upload_seconds,
            body_bytes=body_bytes,
            limits=inference.Limits(memory_bytes=memory_bytes, queue_tokens=queue_tokens),
            dialect_budget=parse_duration(dialect_budget),
            tei_model=tei_model,
            audit_use=audit_use,
            notices=server.NoticeSettings.from_environment(
                webhook, email, allow_private=webhook_private
            ),
        )
    )
