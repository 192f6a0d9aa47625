"""What clients read about objects, in the shape and with the attributes of a recorded describe (v59.0)."""

from __future__ import annotations

from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.engine import Engine, not_found
from sfsync.localorg.schema import ChildRelationship, Field, ObjectType

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "anyType": "xsd:anyType",
    "address": "urn:address",
}
_BYTES_PER_CHARACTER = 3
_TEXT_TYPES = frozenset(
    {"string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "combobox"}
)
_MASTER_RECORD_TYPE = "012000000000000AAA"


def describe(engine: Engine, session: Session, object_name: str) -> dict[str, Any]:
    """An object's describe with the fields that the user sees; ApiError 404 for one the user cannot read."""
    object_type = engine.object_type(object_name)
    rights = session.permissions.on(object_type)
    if not rights.read:
        raise not_found()
    name = object_type.name
    base = f"/services/data/vXX.0/sobjects/{name}"
    seen = [
        _field(one, object_type, session)
        for one in object_type.fields.values()
        if session.permissions.can_read_field(object_type, one)
    ]
    return {
        "actionOverrides": [],
        **_head(object_type, session),
        "childRelationships": [_child(one) for one in object_type.children],
        "compactLayoutable": not object_type.setup,
        "fields": seen,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [
            *(
                _record_type(
                    base, str(row["Id"]), str(row["DeveloperName"]), str(row["Name"]), bool(row["IsActive"])
                )
                for row in engine.database.table("RecordType").rows.values()
                if row["SobjectType"] == name
            ),
            _record_type(base, _MASTER_RECORD_TYPE, "Master", "Master"),
        ],
        "searchLayoutable": not object_type.setup,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {object_type.label_plural.lower()}", "name": "everything"}],
        "urls": {
            "compactLayouts": f"{base}/describe/compactLayouts",
            "rowTemplate": f"{base}/{{ID}}",
            "describe": f"{base}/describe",
            "layouts": f"{base}/describe/layouts",
            "sobject": base,
        },
    }


def _record_type(base: str, id_: str, name: str, label: str, active: bool = True) -> dict[str, Any]:
    """A record type as describe lists it; the master is what rows have that are of none."""
    master = id_ == _MASTER_RECORD_TYPE
    return {
        "active": active,
        "available": active,
        "defaultRecordTypeMapping": master,
        "developerName": name,
        "master": master,
        "name": label,
        "recordTypeId": id_,
        "urls": {"layout": f"{base}/describe/layouts/{id_}"},
    }


def describe_global(engine: Engine, session: Session) -> dict[str, Any]:
    """All objects that the user can read, by name."""
    listed = []
    for name in sorted(engine.schema.objects):
        object_type = engine.schema.objects[name]
        if session.permissions.on(object_type).read:
            base = f"/services/data/vXX.0/sobjects/{name}"
            urls = {"rowTemplate": f"{base}/{{ID}}", "describe": f"{base}/describe", "sobject": base}
            listed.append({**_head(object_type, session), "urls": urls})
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed}


def _head(object_type: ObjectType, session: Session) -> dict[str, Any]:
    rights = session.permissions.on(object_type)
    return {
        "activateable": False,
        "associateEntityType": "History"
        if object_type.history_of
        else "Feed"
        if object_type.feed_of
        else None,
        "associateParentEntity": object_type.history_of or object_type.feed_of,
        "createable": object_type.createable and rights.create,
        "custom": object_type.custom,
        "customSetting": object_type.custom_setting,
        "deepCloneable": False,
        "defaultImplementation": None,
        "deletable": object_type.deletable and rights.delete,
        "deprecatedAndHidden": False,
        "extendedBy": None,
        "extendsInterfaces": None,
        "feedEnabled": object_type.feed_enabled,
        "hasSubtypes": False,
        "implementedBy": None,
        "implementsInterfaces": None,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": object_type.key_prefix,
        "label": object_type.label,
        "labelPlural": object_type.label_plural,
        "layoutable": not object_type.setup,
        "mergeable": object_type.mergeable,
        "mruEnabled": not object_type.setup,
        "name": object_type.name,
        "queryable": object_type.queryable,
        "replicateable": object_type.replicateable,
        "retrieveable": True,
        "searchable": not object_type.setup,
        "triggerable": not object_type.setup,
        "undeletable": object_type.undeletable,
        "updateable": object_type.updateable and rights.edit,
    }


def _child(relationship: ChildRelationship) -> dict[str, Any]:
    return {
        "cascadeDelete": relationship.cascade_delete,
        "childSObject": relationship.child_object,
        "deprecatedAndHidden": False,
        "field": relationship.field,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": relationship.relationship_name,
        "restrictedDelete": relationship.restricted_delete,
    }


def _extra_type_info(field: Field) -> str | None:
    if field.compound == "Name" or (field.name_field and field.length == 121):
        return "personname"
    if field.name == "PhotoUrl":
        return "imageurl"
    return "plaintextarea" if field.type == "textarea" else None


def _search_prefilterable(field: Field, object_type: ObjectType) -> bool:
    """As recorded: references to other records, not to people or to rows of the same kind."""
    return field.type == "reference" and not {"User", object_type.name}.intersection(field.reference_to)


def _field(field: Field, object_type: ObjectType, session: Session) -> dict[str, Any]:
    text = field.type in _TEXT_TYPES
    editable = session.permissions.can_edit_field(object_type, field)
    return {
        "aggregatable": field.aggregatable,
        "aiPredictionField": False,
        "autoNumber": field.auto_number is not None,
        "byteLength": field.length * _BYTES_PER_CHARACTER if text else field.length,
        "calculated": False,
        "calculatedFormula": None,
        "cascadeDelete": field.delete_constraint == "Cascade" and field.custom,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "controllerName": None,
        "createable": field.createable and editable,
        "custom": field.custom,
        "defaultValue": field.default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.defaulted,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.digits,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": _extra_type_info(field),
        "filterable": field.filterable or field.type == "address",
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.id_lookup,
        "inlineHelpText": field.help_text,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": field.polymorphic,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "picklistValues": [
            {
                "active": one.active,
                "defaultValue": one.default,
                "label": one.label,
                "validFor": None,
                "value": one.value,
            }
            for one in field.picklist
        ],
        "polymorphicForeignKey": field.polymorphic,
        "precision": field.precision,
        "queryByDistance": field.type == "address",
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "relationshipOrder": None,
        "restrictedDelete": field.delete_constraint == "Restrict",
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": _search_prefilterable(field, object_type),
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable and editable,
        "writeRequiresMasterRead": False,
    }
