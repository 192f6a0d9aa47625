"""How the org words its refusals of a SOQL statement: the place, marked, then the sentence."""

from __future__ import annotations

from sfsync.localorg.errors import ApiError

_BEFORE = 60
_AFTER = 20

WSDL = "Please reference your WSDL or the describe call for the appropriate names."


def malformed(message: str) -> ApiError:
    """400 MALFORMED_QUERY about the statement as a whole."""
    return ApiError.bare(400, "MALFORMED_QUERY", message)


def at(text: str, position: int, code: str, message: str) -> ApiError:
    """A refusal that shows the place: the line around it, a caret below, `ERROR at Row:r:Column:c`."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : end if end >= 0 else len(text)]
    column = position - start
    first = 0 if column <= _BEFORE else line.rfind(" ", 0, column - _BEFORE) + 1
    shown = line[first : column + _AFTER] if len(line) > _BEFORE + _AFTER else line[first:]
    row = text.count("\n", 0, position) + 1
    marked = f"\n{shown}\n{' ' * (column - first)}^\nERROR at Row:{row}:Column:{column + 1}\n"
    return ApiError.bare(400, code, marked + message)


def unexpected(text: str, position: int, found: str) -> ApiError:
    """400 MALFORMED_QUERY for a token that may not stand where it stands."""
    return at(text, position, "MALFORMED_QUERY", f"unexpected token: '{found}'")


def no_such_column(text: str, position: int, name: str, entity: str) -> ApiError:
    """400 INVALID_FIELD: the object has no such field, or the user may not see it."""
    return at(
        text,
        position,
        "INVALID_FIELD",
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure "
        f"to append the '__c' after the custom field name. {WSDL}",
    )


def no_such_object(text: str, position: int, name: str) -> ApiError:
    """400 INVALID_TYPE: the org has no such object, or the user may not see it."""
    return at(
        text,
        position,
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
        f"append the '__c' after the entity name. {WSDL}",
    )


def no_such_relationship(text: str, position: int, name: str, place: str) -> ApiError:
    """The relationship is unknown; `place` is 'field path' (INVALID_FIELD) or 'FROM part of query call'."""
    code = "INVALID_FIELD" if place == "field path" else "INVALID_TYPE"
    return at(
        text,
        position,
        code,
        f"Didn't understand relationship '{name}' in {place}. If you are attempting to use a custom "
        f"relationship, be sure to append the '__r' after the custom relationship name. {WSDL}",
    )
