"""How well probabilities agree with frequencies, as frozen dataclasses without user texts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReliabilityBin:
    """A point of a reliability plot.

    Parameters
    ----------
    probability
        The mean predicted probability of the predictions in the bin.
    accuracy
        The share of these predictions that are correct.
    count
        The number of predictions.
    """

    probability: float
    accuracy: float
    count: int


@dataclass(frozen=True)
class Reliability:
    """The agreement of probabilities with frequencies.

    Parameters
    ----------
    error
        The expected calibration error: the mean of ``|accuracy - probability|`` over the bins,
        weighted by their counts.
    log_loss
        Mean negative log-likelihood of the labels, in nats.
    bins
        At most 15 bins with equal numbers of predictions, by increasing probability.

    Examples
    --------
    >>> reliability = Reliability(0.1, 0.3, (ReliabilityBin(0.9, 0.8, 120),))
    >>> reliability.bins[0].accuracy
    0.8
    """

    error: float
    log_loss: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class AnsweredShare:
    """The effect of answering only above a minimum probability.

    Parameters
    ----------
    min_probability
        The lowest probability of the most probable label at which a text is answered.
    share
        The share of texts that are answered.
    accuracy
        The share of the answered texts whose most probable label is correct; None if there is no
        such text.
    """

    min_probability: float
    share: float
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """Calibration of the probabilities on rows that the classifier had not seen.

    Parameters
    ----------
    method
        ``"temperature scaling"``, or ``"Platt scaling"`` for multi-label data.
    temperature
        The temperature of the model's classifier; None for multi-label data.
    before
        The reliability of the unscaled probabilities.
    after
        The reliability of each row's probabilities after scaling fitted on the other folds.
    answered
        The answered share and its accuracy at several minimum probabilities, after scaling.

    Examples
    --------
    >>> before, after = Reliability(0.08, 0.41, ()), Reliability(0.02, 0.36, ())
    >>> calibration = Calibration("temperature scaling", 0.6, before, after, ())
    >>> calibration.after.error < calibration.before.error
    True
    """

    method: str
    temperature: float | None
    before: Reliability
    after: Reliability
    answered: tuple[AnsweredShare, ...]
