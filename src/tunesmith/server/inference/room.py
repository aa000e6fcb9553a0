"""Back-pressure: how many tokens may wait, over all clients."""

from dataclasses import dataclass

from tunesmith.errors import Overloaded
from tunesmith.server.inference.observer import Observer
from tunesmith.server.inference.pace import Rate


@dataclass(eq=False)
class Admission:
    """The tokens of an admitted request that are not computed yet.

    Parameters
    ----------
    room
        Where they are counted.
    tokens
        How many are left.
    """

    room: "Room"
    tokens: int

    def release(self, tokens: int | None = None) -> None:
        """Release tokens that were computed; None for all that are left, as the client left."""
        done = self.tokens if tokens is None else min(tokens, self.tokens)
        self.tokens -= done
        self.room.change(-done)


class Room:
    """Counts the tokens that are admitted and not computed yet.

    Parameters
    ----------
    limit
        Maximum number of tokens.
    workers
        Number of batches computed at the same time.
    observe
        Receives each change.
    """

    def __init__(self, limit: int, workers: int, observe: Observer) -> None:
        self._limit, self._workers, self._observe = limit, workers, observe
        self.rate = Rate()
        self.tokens = 0

    def admit(self, tokens: int) -> Admission:
        """Admit a request with so many tokens.

        Raises
        ------
        Overloaded
            There is no room for them now.
        """
        excess = self.tokens + tokens - self._limit
        if excess > 0:
            self._observe.request_refused(tokens)
            raise self._overloaded(tokens, excess)
        self.change(tokens)
        return Admission(self, tokens)

    def change(self, tokens: int) -> None:
        """Count more tokens, or fewer."""
        if tokens:
            self.tokens += tokens
            self._observe.queue_changed(self.tokens)

    def _overloaded(self, tokens: int, excess: int) -> Overloaded:
        seconds = self.rate.seconds_for(excess, workers=self._workers)
        return Overloaded(
            f"the server is overloaded: {self.tokens:,} tokens are waiting, the request has about "
            f"{tokens:,}, and the limit is {self._limit:,}",
            hint="send the request again later, or raise the limit (`queue_tokens`)",
            option="queue_tokens",
            retry_after=int(seconds) + 1,
        )
