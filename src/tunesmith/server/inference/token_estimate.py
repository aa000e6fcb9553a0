"""Token counts estimated from the size of a text, before it is tokenised.

Tokenising takes some 50 µs per text. That is too long for the event loop if a request has
thousands of texts, and a worker could only do it after the request was admitted.
"""

_BYTES_PER_TOKEN = 4  # English 4.3, German 3.7, Chinese 3 (one letter), with a WordPiece vocabulary
_SPECIAL = 2
# The rest of a text that is truncated is tokenised but not encoded, which takes this share.
_TOKENISING = 64


def estimated_tokens(text: str, max_length: int) -> int:
    """Return about how many tokens a text costs, at least 2.

    The part beyond ``max_length`` costs a 64th: it is tokenised and then cut.

    Examples
    --------
    >>> estimated_tokens("where is my parcel?", 256)
    6
    >>> estimated_tokens("parcel " * 10_000, 256)
    525
    """
    size = len(text) if text.isascii() else len(text.encode())
    tokens = size // _BYTES_PER_TOKEN + _SPECIAL
    if tokens <= max_length:
        return tokens
    return max_length + (tokens - max_length) // _TOKENISING
