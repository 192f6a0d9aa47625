"""What Salesforce's error codes mean to us: one table, for whole replies and for items inside them.

The texts of Salesforce's messages echo field values, so none of them gets into an exception's text: that
holds the errorCode, the names of objects and fields, and our own words. Salesforce's own words travel in
`SfsyncError.said`, which is only ever written back to Salesforce.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfsync.errors import Budget, Config, Permanent, SfsyncError, Stale, Transient

STALE_PREFIX = "SFSYNC_STALE"
"""How the messages of our own guard rules begin."""

OURS_ONLY_PREFIX = "SLA fields are written by sfsync only"
"""How the message of the rule against tampering begins; said to us, it means that a right is missing."""

KEY_FIELD = "Key__c"
"""The ledger's unique field: a duplicate in it says that the effect is already there."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an errorCode means.

    Attributes:
        kind: the error to raise.
        words: what it says, in our words.
        resend: (Transient) the same request, unchanged, may succeed.
        maybe_done: (Transient) the request may have been carried out.
    """

    kind: type[SfsyncError]
    words: str
    resend: bool = True
    maybe_done: bool = False


HALTED = "PROCESSING_HALTED"
_LOGIN = "the session was refused although it is new: check the integration user and its connected app"
_OUR_MISTAKE = "Salesforce does not understand this request: please report it with this line"
_ROLLED_BACK = "another operation of the same transaction failed"
_RECORD = "this record cannot be written with the integration user's rights"

MEANINGS: Mapping[str, Meaning] = {
    # The lead moved on.
    "CANNOT_UPDATE_CONVERTED_LEAD": Meaning(Stale, "the lead has been converted"),
    "ENTITY_IS_DELETED": Meaning(Stale, "the record has been deleted"),
    "INVALID_CROSS_REFERENCE_KEY": Meaning(Stale, "a record that is referred to is not there (any more)"),
    # A moment's trouble.
    "UNABLE_TO_LOCK_ROW": Meaning(Transient, "another transaction holds the record"),
    # "A server that is necessary for this call is currently unavailable" [D] does not say when in the call it went, nor
    # does an HTML page in its place (a 5xx without a code). Whether either was carried out is open [?].
    "SERVER_UNAVAILABLE": Meaning(Transient, "the server is too busy", maybe_done=True),
    "QUERY_TIMEOUT": Meaning(Transient, "the query ran for too long"),
    "REQUEST_RUNNING_TOO_LONG": Meaning(Transient, "the request ran for too long and was stopped"),
    "INVALID_QUERY_LOCATOR": Meaning(
        Transient, "the query's pages are gone: start it again from its keyset", resend=False
    ),
    "UNKNOWN_EXCEPTION": Meaning(Transient, "an unexpected error of Salesforce's", maybe_done=True),
    HALTED: Meaning(Transient, _ROLLED_BACK),
    "BATCH_PROCESSING_HALTED": Meaning(Transient, _ROLLED_BACK),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": Meaning(Transient, _ROLLED_BACK),
    # This lead, until it or the org changes.
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Meaning(
        Permanent, "a validation rule or trigger of the org refuses it"
    ),
    "FIELD_FILTER_VALIDATION_EXCEPTION": Meaning(Permanent, "a lookup filter of the org refuses it"),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Meaning(Permanent, "a trigger of the org fails on it"),
    "CANNOT_EXECUTE_FLOW_TRIGGER": Meaning(Permanent, "a flow of the org fails on it"),
    "APEX_ERROR": Meaning(Permanent, "a trigger of the org fails on it"),
    "ENTITY_IS_LOCKED": Meaning(Permanent, "the record is locked by an approval process"),
    "TRANSFER_REQUIRES_READ": Meaning(Permanent, "the new owner may not read leads"),
    "INACTIVE_OWNER_OR_USER": Meaning(Permanent, "its owner or the assigned user is inactive"),
    "REQUIRED_FIELD_MISSING": Meaning(Permanent, "a field that the org requires is empty"),
    "STRING_TOO_LONG": Meaning(Permanent, "a value is too long for its field"),
    "NUMBER_OUTSIDE_VALID_RANGE": Meaning(Permanent, "a number does not fit its field"),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Meaning(
        Permanent, "a value is not in its restricted picklist"
    ),
    "DUPLICATES_DETECTED": Meaning(Permanent, "a duplicate rule of the org refuses it"),
    "DUPLICATE_VALUE": Meaning(Permanent, "a unique field of the org already has this value"),
    "INSUFFICIENT_ACCESS_OR_READONLY": Meaning(Permanent, _RECORD),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Meaning(Permanent, _RECORD),
    "MALFORMED_ID": Meaning(Permanent, "an id has the wrong form"),
    "NOT_FOUND": Meaning(Permanent, "there is no such record or resource"),
    # Nothing works until somebody changes something.
    "INVALID_SESSION_ID": Meaning(Config, _LOGIN),
    "INVALID_AUTH_HEADER": Meaning(Config, _LOGIN),
    "INVALID_LOGIN": Meaning(Config, _LOGIN),
    "INVALID_FIELD": Meaning(
        Config,
        "a field is missing or not readable: deploy salesforce/, assign SFSync_Worker, check mappings/",
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Meaning(
        Config, "the integration user may not write a field: assign the permission set SFSync_Worker"
    ),
    "INVALID_TYPE": Meaning(
        Config, "an object is missing or not readable: deploy salesforce/ and assign SFSync_Worker"
    ),
    "INSUFFICIENT_ACCESS": Meaning(
        Config, "the integration user lacks a permission: assign the permission set SFSync_Worker"
    ),
    "STORAGE_LIMIT_EXCEEDED": Meaning(
        Config, "the org's data storage is full: make room; nothing can be recorded until then"
    ),
    "API_CURRENTLY_DISABLED": Meaning(Config, "the org's API is disabled"),
    "API_DISABLED_FOR_ORG": Meaning(Config, "the org's edition or user has no API access"),
    "CLIENT_NOT_ACCESSIBLE_FOR_USER": Meaning(Config, "the connected app is not approved for this user"),
    "FUNCTIONALITY_NOT_ENABLED": Meaning(Config, "the org lacks a feature that this needs"),
    "UNSUPPORTED_API_VERSION": Meaning(Config, "the org does not serve this API version"),
    "MALFORMED_QUERY": Meaning(Config, _OUR_MISTAKE),
    "JSON_PARSER_ERROR": Meaning(Config, _OUR_MISTAKE),
    "METHOD_NOT_ALLOWED": Meaning(Config, _OUR_MISTAKE),
    "LIMIT_EXCEEDED": Meaning(Config, _OUR_MISTAKE),
    "EXCEEDED_ID_LIMIT": Meaning(Config, _OUR_MISTAKE),
}

_QUOTA = Meaning(Budget, "the org's daily API requests are used up")
_TOO_MANY_AT_ONCE = Meaning(Transient, "the org serves too many long requests at once")
_GUARDED = Meaning(Stale, "a guard refused it: the lead is no longer what was decided on")
_ALREADY_DONE = Meaning(Stale, "the effect is already in the ledger")
_OUR_FIELDS = Meaning(
    Config, "the integration user may not write our fields: assign the permission set SFSync_Worker"
)
_NOT_THE_WORKER = Meaning(
    Config,
    "the integration user lacks the custom permission SFSync_Worker: assign the permission set of that name",
)
_NO_EXTERNAL_ID = Meaning(Config, "an external id field is missing or not readable: deploy salesforce/")

# When several items are said of one write, the first kind in this order speaks for it: having to look again
# makes every other complaint moot, and a rolled back neighbour says nothing at all.
_PRECEDENCE = (Stale, Config, Budget, Permanent, Transient)

_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,79}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_DUPLICATE_OF = re.compile(r"duplicate value found: (\S+) duplicates")

# Where a message names fields or objects: schema, not data.
_NAMES_IN: Mapping[str, re.Pattern[str]] = {
    "INVALID_FIELD": re.compile(
        r"No such column '(\w+)' on (?:entity '|sobject of type )(\w+)"
        r"|Didn't understand relationship '(\w+)' in field path"
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": re.compile(r"Unable to create/update fields: ([\w, ]+)\. "),
    "INVALID_TYPE": re.compile(r"sObject type '(\w+)' is not supported"),
    "REQUIRED_FIELD_MISSING": re.compile(r"Required fields are missing: \[([\w, ]+)\]"),
    "STRING_TOO_LONG": re.compile(r"(\w+): data value too large"),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": re.compile(r"(\w+): bad value for restricted picklist"),
    "DUPLICATE_VALUE": _DUPLICATE_OF,
}


def classify(items: object, *, lead_id: str | None = None, status: int | None = None) -> SfsyncError:
    """Return the error that these error items of Salesforce's amount to.

    `items` is a decoded error body: a list of `{"errorCode" or "statusCode", "message", "fields"}`, from a
    whole reply, from a composite's or graph's subrequest, or from an item of a collection. Whatever does not
    look like that is judged by `status` alone.
    """
    found = [_judge(item, status) for item in _items(items)]
    if not found:
        meaning = _by_status(status)
        return _error(meaning, f"HTTP {status}: {meaning.words}", lead_id, None, "")
    # What was halted behind another operation says nothing of why.
    found = [judged for judged in found if judged[1] != HALTED] or found
    meaning, code, names, said = min(found, key=lambda judged: _PRECEDENCE.index(judged[0].kind))
    about = f" ({', '.join(names)})" if names else ""
    return _error(meaning, f"{code}: {meaning.words}{about}", lead_id, code, said)


def may_resend(error: Transient) -> bool:
    """Whether the very same request may succeed later, as far as its errorCode tells."""
    meaning = MEANINGS.get(error.error_code or "")
    return meaning is None or meaning.resend


def never_began(error: Transient) -> bool:
    """Whether Salesforce turned the request away before it began with it. Every other failure of a request that is
    carried out in parts may have come between two of them, whatever it says of one write.
    """
    return not error.maybe_done and error.error_code in (None, "REQUEST_LIMIT_EXCEEDED")


def may_be_one_records(error: SfsyncError) -> bool:
    """Whether what one record is refused may lie in that record (its sharing, say), and not in the whole org."""
    return (
        not isinstance(error, Config)
        or error.error_code == "INSUFFICIENT_ACCESS"
        or (error.error_code is not None and error.error_code not in MEANINGS)
    )


def of_one_record(error: SfsyncError) -> SfsyncError:
    """The refusal of one record where others were taken: no setting of the whole org is to blame."""
    if not isinstance(error, Config):
        return error
    refusal = Permanent(str(error), lead_id=error.lead_id, error_code=error.error_code)
    refusal.said = error.said
    return refusal


def _error(meaning: Meaning, text: str, lead_id: str | None, code: str | None, said: str) -> SfsyncError:
    error: SfsyncError
    if meaning.kind is Transient:
        error = Transient(text, lead_id=lead_id, error_code=code, maybe_done=meaning.maybe_done)
    else:
        error = meaning.kind(text, lead_id=lead_id, error_code=code)
    error.said = said
    return error


def _items(items: object) -> list[Mapping[str, object]]:
    if isinstance(items, Mapping):
        items = [items]
    if not isinstance(items, Sequence) or isinstance(items, (str, bytes)):
        return []
    return [item for item in items if isinstance(item, Mapping) and _code_of(item)]


def _code_of(item: Mapping[str, object]) -> str:
    code = item.get("errorCode") or item.get("statusCode")
    return code if isinstance(code, str) else ""


def _judge(item: Mapping[str, object], status: int | None) -> tuple[Meaning, str, tuple[str, ...], str]:
    code = _code_of(item)
    message = str(item.get("message") or "")
    names = _names(code, item.get("fields"), message)
    meaning = _meaning(code, message, names) or _by_status(status)
    return meaning, code if _CODE.fullmatch(code) else "UNKNOWN_ERROR_CODE", names, message


def _meaning(code: str, message: str, names: Sequence[str]) -> Meaning | None:
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _TOO_MANY_AT_ONCE if message.startswith("Concurrent") else _QUOTA
    if code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" and message.startswith(STALE_PREFIX):
        return _GUARDED
    if code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" and message.startswith(OURS_ONLY_PREFIX):
        return _NOT_THE_WORKER
    if code == "DUPLICATE_VALUE":
        duplicate = _DUPLICATE_OF.match(message)
        if duplicate is not None and duplicate[1] == KEY_FIELD:
            return _ALREADY_DONE
    if code == "NOT_FOUND" and "external ID field" in message:
        return _NO_EXTERNAL_ID
    if code.startswith("INSUFFICIENT_ACCESS") and any(name.startswith("SLA_") for name in names):
        return _OUR_FIELDS
    return MEANINGS.get(code)


def _by_status(status: int | None) -> Meaning:
    if status is None:
        return Meaning(Permanent, "Salesforce refused it")
    if status >= 500:
        return Meaning(Transient, "the server failed", maybe_done=True)
    if status == 429:
        return Meaning(Transient, "too many requests")
    if status in (401, 403):
        return Meaning(Config, "Salesforce does not let the integration user do this")
    if status in (414, 431):
        return Meaning(Config, _OUR_MISTAKE)
    if 300 <= status < 400 and status != 300:
        return Meaning(
            Config, "the server points elsewhere: set SFSYNC_INSTANCE_URL to the org's My Domain URL"
        )
    return Meaning(Permanent, "Salesforce refused it")


def _names(code: str, fields: object, message: str) -> tuple[str, ...]:
    names = [str(name) for name in fields] if isinstance(fields, (list, tuple)) else []
    pattern = _NAMES_IN.get(code)
    found = pattern.search(message) if pattern is not None else None
    if found is not None:
        names += [name.strip() for group in found.groups() if group for name in group.split(",")]
    return tuple(dict.fromkeys(name for name in names if _NAME.fullmatch(name)))
