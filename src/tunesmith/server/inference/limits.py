"""How much a server takes on: memory, waiting work, and the size of a request."""

from dataclasses import dataclass, fields

from tunesmith.encoders.backends.cores import usable_cores
from tunesmith.errors import UsageError


@dataclass(frozen=True)
class Limits:
    """Limits of :class:`~tunesmith.server.inference.Inference`.

    Tokens are estimated from the size of a text (:mod:`tunesmith.server.inference.token_estimate`),
    because a request is refused before it is tokenised.

    Parameters
    ----------
    memory_bytes
        Memory for loaded models, in bytes. The least recently used ones are unloaded; pinned ones
        stay. A single model may exceed it.
    queue_tokens
        Maximum number of tokens waiting, over all clients. The default holds two clients that each
        send 64 requests of 96 texts with 256 tokens at once, as Cohere's client does.
    batch_tokens
        Maximum number of tokens that are computed together.
    wait_ms
        Longest silence that ends the wait for other texts while a core is idle, in milliseconds;
        the longest wait is eight times as long. A text that arrives on an idle server does not
        wait.
    threads
        Number of batches computed at the same time; by default one per core.
    max_texts, max_tokens
        Maximum number of texts and tokens per request.

    Examples
    --------
    >>> Limits(threads=2).workers
    2
    """

    memory_bytes: int = 2 * 2**30
    queue_tokens: int = 2 * 64 * 96 * 256
    batch_tokens: int = 1024
    wait_ms: float = 2.0
    threads: int | None = None
    max_texts: int = 2048
    max_tokens: int = 2048 * 256

    def __post_init__(self) -> None:
        """Refuse limits that no request could meet."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value < (0 if field.name == "wait_ms" else 1):
                raise UsageError(
                    f"{field.name} is {value}", hint="give 1 or more", option=field.name
                )
        if self.max_tokens > self.queue_tokens:
            raise UsageError(
                f"max_tokens is {self.max_tokens:,}, but queue_tokens only {self.queue_tokens:,}",
                hint="increase `queue_tokens`",
                option="queue_tokens",
            )

    @property
    def workers(self) -> int:
        """The number of batches computed at the same time."""
        return self.threads or usable_cores()

    def check_texts(self, texts: int) -> None:
        """Check the number of texts of a request.

        Raises
        ------
        UsageError
            There are too many.
        """
        if texts > self.max_texts:
            raise UsageError(
                f"the request has {texts:,} texts, and the limit is {self.max_texts:,} per request",
                hint="send fewer texts per request",
                option="max_texts",
            )

    def check_tokens(self, tokens: int) -> None:
        """Check the number of tokens of a request.

        Raises
        ------
        UsageError
            There are too many.
        """
        if tokens > self.max_tokens:
            raise UsageError(
                f"the request has about {tokens:,} tokens, and the limit is {self.max_tokens:,} "
                "per request",
                hint="send fewer or shorter texts per request",
                option="max_tokens",
            )
