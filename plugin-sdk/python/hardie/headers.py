"""Headers as they come: names in lower case, and values."""


def first_of(headers: list[tuple[str, str]], name: str) -> str | None:
    """The value of the first header of this name."""
    return next((value for known, value in headers if known == name.lower()), None)
