"""Every refusal of the org is an ApiError: an HTTP status and Salesforce's error items.

One item has two shapes on the wire: top-level errors call its code `errorCode`, the items of collections
call it `statusCode` (salesforce-facts.md, "Composite family").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One error as Salesforce states it.

    Attributes:
        error_code: Salesforce's code, such as `INVALID_FIELD`.
        message: the text for a reader.
        fields: API names of the fields it is about.
        extra: further keys of this code's body, such as `duplicateResut`.
        bare: the body carries no `fields` key (errors that are not about a record's values).
    """

    error_code: str
    message: str
    fields: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    bare: bool = False

    def as_error_code(self) -> dict[str, Any]:
        """The item in the top-level shape."""
        body: dict[str, Any] = {"message": self.message, "errorCode": self.error_code}
        if not self.bare:
            body["fields"] = list(self.fields)
        body.update(self.extra)
        return body

    def as_status_code(self) -> dict[str, Any]:
        """The item in the shape of a collection's results."""
        body: dict[str, Any] = {
            "statusCode": self.error_code,
            "message": self.message,
            "fields": list(self.fields),
        }
        body.update(self.extra)
        return body


class ApiError(Exception):
    """Raised when the org refuses a request.

    Attributes:
        status: the HTTP status of the refusal when it stands alone.
        items: one or more error items, in Salesforce's order.
        payload: a body that is not a list of items (HTTP 300 answers with record URLs), else None.
    """

    def __init__(self, status: int, items: Sequence[ErrorItem], payload: list[Any] | None = None) -> None:
        self.status = status
        self.items = tuple(items)
        self.payload = payload
        super().__init__(
            "; ".join(f"{item.error_code}: {item.message}" for item in self.items) or f"{status}"
        )

    @classmethod
    def of(cls, status: int, code: str, message: str, fields: Sequence[str] = ()) -> ApiError:
        """A refusal of one item about a record: its body has a `fields` list, empty or not."""
        return cls(status, (ErrorItem(code, message, tuple(fields)),))

    @classmethod
    def bare(cls, status: int, code: str, message: str) -> ApiError:
        """A refusal of one item about the request itself: its body has no `fields`."""
        return cls(status, (ErrorItem(code, message, bare=True),))

    def told(self, otherwise: Mapping[str, tuple[int, str]]) -> ApiError:
        """The refusal as an org gives it that answers this code with another status and code."""
        if self.code not in otherwise:
            return self
        items = [
            replace(item, error_code=otherwise.get(item.error_code, (0, item.error_code))[1])
            for item in self.items
        ]
        return ApiError(otherwise[self.code][0], items, self.payload)

    @property
    def code(self) -> str:
        """The errorCode of the first item, or the empty string."""
        return self.items[0].error_code if self.items else ""

    def body(self) -> list[Any]:
        """The JSON body of a response that is this refusal."""
        if self.payload is not None:
            return self.payload
        return [item.as_error_code() for item in self.items]

    def items_as_status_codes(self) -> list[dict[str, Any]]:
        """The `errors` list of a collection's result that is this refusal."""
        return [item.as_status_code() for item in self.items]
