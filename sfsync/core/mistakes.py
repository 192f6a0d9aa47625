"""Mistakes inside a document, each at its own place."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

Mistake = tuple[tuple[str | int, ...], str]


def refuse(found: Sequence[Mistake]) -> None:
    """Raise all of these at once, if there are any, from inside a pydantic validator.

    Each is a path below what is validated, and what is wrong there in an admin's words. What is raised is a
    ValueError; pydantic adds the path down to the validator.
    """
    if found:
        raise ValidationError.from_exception_data(
            "mistakes",
            [
                InitErrorDetails(
                    type=PydanticCustomError("mistake", "{message}", {"message": message}), loc=at, input=None
                )
                for at, message in found
            ],
        )
