"""Not now, but perhaps later."""


class Retry(Exception):
    """Raised by a handler that wants another attempt: not before `after` seconds, a day at most, or when the server thinks fit."""

    def __init__(self, message: str, after: int | None = None) -> None:
        super().__init__(message)
        self.after = None if after is None else max(0, int(after))
