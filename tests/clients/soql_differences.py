"""Statements on which the org and the Apex grammar differ, and why the org is right all the same."""

from __future__ import annotations

ONLY_IN_APEX = {
    "bind variables are Apex's": (
        "SELECT Id FROM Lead WHERE Id IN :ids",
        "SELECT Id FROM Lead WHERE LastName = :name",
        "SELECT Id FROM Lead LIMIT :most",
    ),
    "access modes are Apex's": (
        "SELECT Id FROM Lead WITH SECURITY_ENFORCED",
        "SELECT Id FROM Lead WITH USER_MODE",
    ),
    "comments are Apex's": (
        "SELECT Id FROM Lead /* all of them */",
        "SELECT /* what */ Id FROM Lead",
    ),
    "the grammar takes keywords for names; the compiler refuses them later": (
        "SELECT Id FROM Lead WHERE",
        "SELECT Id FROM Lead LIMIT",
        "SELECT Id FROM Lead OFFSET",
        "SELECT select FROM Lead",
        "SELECT from FROM Lead",
        "SELECT Id FROM Lead WHERE select = 1",
        "SELECT Id FROM Lead WHERE where = 1",
    ),
    "the grammar takes any value after any operator; the compiler refuses it later": (
        "SELECT Id FROM Lead WHERE Id IN '00Q000000000001AAA'",
        "SELECT Id FROM Lead WHERE Id = ('a')",
        "SELECT Id FROM Lead WHERE Id = (SELECT WhoId FROM Task)",
        "SELECT Id FROM Lead WHERE Tags__c INCLUDES 'a'",
    ),
}
"""Accepted by the grammar, refused by the org, by reason."""

NOT_EMULATED = (
    "SELECT TYPEOF Owner WHEN User THEN Name ELSE Id END FROM Lead",
    "SELECT Id FROM Lead USING SCOPE mine",
    "SELECT Id FROM Lead WHERE AnnualRevenue > USD5000",
    "SELECT COUNT(Id) FROM Lead GROUP BY CUBE(Status, Rating)",
    "SELECT Id FROM Lead WHERE DISTANCE(Location__c, GEOLOCATION(1.0,2.0), 'mi') < 5",
    "SELECT Id FROM Lead UPDATE TRACKING",
    "SELECT Id FROM Lead UPDATE VIEWSTAT",
    "SELECT Id FROM Lead, Lead.Owner",
    "SELECT l.Id FROM Lead l, l.Owner o",
)
"""SOQL that the org refuses because it does not emulate it: an error, never an empty result."""

ONLY_IN_SOQL = (
    r"SELECT Id FROM Lead WHERE Title LIKE '%a\_b%'",
    r"SELECT Id FROM Lead WHERE Title LIKE '100\%%'",
)
"""Accepted by the org and by Salesforce's REST API; `\\_` and `\\%` are escapes of LIKE that Apex has no string for."""

REFUSED_WHEN_RUN = (
    "SELECT FIELDS(Id) FROM Lead",
    "SELECT FIELDS(EVERYTHING) FROM Lead",
    r"SELECT Id FROM Lead WHERE LastName = 'a\qb'",
)
"""Refused by the grammar; the org parses them and refuses them a step later, with MALFORMED_QUERY all the same."""
