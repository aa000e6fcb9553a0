"""How fast texts are computed, and how long they wait for other texts."""

# To answer 16 requests and to read the next ones takes the event loop about 10 ms.
_PATIENCE = 8


class Rate:
    """Tokens per second of one worker: a moving average over about 20 batches.

    Examples
    --------
    >>> rate = Rate()
    >>> rate.add(tokens=500, seconds=0.1)
    >>> rate.seconds_for(50_000, workers=2)
    5.0
    """

    def __init__(self) -> None:
        self._tokens, self._seconds = 0.0, 0.0

    def add(self, *, tokens: int, seconds: float) -> None:
        """Add a batch."""
        self._tokens = 0.95 * self._tokens + tokens
        self._seconds = 0.95 * self._seconds + seconds

    def seconds_for(self, tokens: int, *, workers: int) -> float:
        """Return how long some tokens take; 0 before the first batch."""
        return tokens * self._seconds / (self._tokens * workers) if self._tokens else 0.0


class Company:
    """Whether a text should wait for others that are likely to arrive at once.

    A client that was answered often sends its next request at once. So after a batch with texts of
    several requests, an idle worker waits until as many are there. It stops waiting when nothing
    has arrived for a short time, because a busy event loop may need several times as long to answer
    all of them and to read what they send next. After a longer pause, and for a client that is
    alone, nothing waits.

    Parameters
    ----------
    seconds
        The longest silence. The longest wait, counted from the end of the batch, is eight times as
        long.

    Examples
    --------
    >>> company = Company(0.002)
    >>> company.answered(8, now=1.0)
    >>> round(company.delay(1, now=1.0005), 6), company.delay(8, now=1.0005)
    (0.0015, 0.0)
    >>> company.arrived(now=1.0015)
    >>> round(company.delay(2, now=1.0025), 6)
    0.001
    >>> company.delay(1, now=2.0)
    0.0
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._expected, self._heard, self._end = 0, 0.0, 0.0

    def answered(self, requests: int, *, now: float) -> None:
        """Note how many requests were answered by the batch that ended now."""
        self._expected, self._heard = requests, now
        self._end = now + _PATIENCE * self._seconds

    def arrived(self, *, now: float) -> None:
        """Note that a request has arrived."""
        self._heard = now

    def delay(self, requests: int, *, now: float) -> float:
        """Return how many seconds to wait if this many requests are waiting."""
        until = min(self._heard + self._seconds, self._end)
        return 0.0 if requests >= self._expected else max(until - now, 0.0)
