"""The text of statements with a variable number of values, in `{}` placeholders."""


def marks(number: int) -> str:
    """`{}, {}, {}` for a list of `number` values."""
    return ", ".join(["{}"] * number)


def rows(number: int, width: int) -> str:
    """`({}, {}), ({}, {})` for `number` rows of `width` values."""
    return ", ".join([f"({marks(width)})"] * number)
