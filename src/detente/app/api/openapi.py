"""The OpenAPI 3.1 document of an office, made from its operations. Also docs/openapi.json."""

import json
from collections.abc import Sequence
from typing import Final

from detente.app.api import shapes
from detente.app.api.operations import BASE, BYTES, COUNT, CURSOR, PDF, Needs, Operation
from detente.app.problems import MEDIA
from detente.core.canon import Json
from detente.office.fields import Field
from detente.ui import schema
from detente.ui.words import Words

VERSION: Final = "1.0"
_ALWAYS: Final = (400, 403, 404, 405, 406, 500, 503)
_BODY: Final = (409, 413, 415, 422, 429, 502, 504, 507)
_READ: Final = (409, 410, 422, 502, 507)
_SAYS: Final = {
    400: "not in its form",
    403: "may not",
    404: "not here",
    405: "another method",
    406: "no such media type is answered",
    409: "the state of things is against it",
    410: "the text went after its term",
    413: "too large",
    415: "no such media type is taken",
    422: "in its form, and refused for what it says",
    429: "too often, or too many at once",
    500: "a fault of this party",
    502: "a fault on the way",
    503: "ask again",
    504: "no answer in time",
    507: "no room",
}
_WISH: Final[dict[str, Json]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,64}$", "minLength": 1, "maxLength": 64},
}


def document(
    operations: Sequence[Operation], words: Words, language: str = "en"
) -> dict[str, Json]:
    """Return the document."""
    paths: dict[str, dict[str, Json]] = {}
    for each in operations:
        row = paths.setdefault(f"{BASE}{each.path}", {})
        row[each.method.lower()] = _operation(each, words, language)
    found: dict[str, Json] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Détente: a party's office",
            "version": VERSION,
            "description": words.get("app.api.description", language),
        },
        "paths": {path: dict(row) for path, row in paths.items()},
        "security": [{}, {"token": []}],
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": words.get("app.api.token", language),
                }
            },
            "schemas": {name: dict(each) for name, each in shapes.COMPONENTS.items()},
            "responses": _refusals(),
        },
    }
    return found


def text(operations: Sequence[Operation], words: Words) -> bytes:
    """Return the document as it is served and as it stands in docs/openapi.json."""
    shown = json.dumps(document(operations, words), ensure_ascii=False, indent=1, sort_keys=True)
    return f"{shown}\n".encode()


def permission(needs: Needs) -> str:
    """Return who may: `author at cert`, `reader`, `administrator or auditor`, `anyone`."""
    if needs.house:
        return " or ".join(needs.house)
    if needs.role is None:
        return "anyone"
    return f"{needs.role} at {needs.desk}" if needs.desk else f"{needs.role}"


def _operation(operation: Operation, words: Words, language: str) -> dict[str, Json]:
    found: dict[str, Json] = {
        "operationId": operation.name,
        "summary": words.get(operation.about, language),
        "tags": [operation.room],
        "description": f"{words.get('app.api.needs', language)} {permission(operation.needs)}",
        "x-scope": operation.scope,
        "parameters": _parameters(operation, words, language),
        "responses": _responses(operation),
    }
    if operation.takes is not None:
        kind = operation.takes.media
        is_json = kind == "application/json"  # of another's form: its own pages say it
        bytes_: Json = {
            "schema": {"type": "object"} if is_json else {"type": "string", "minLength": 1}
        }
        found["requestBody"] = {"required": True, "content": {kind: bytes_}}
    elif operation.method != "GET":
        found["requestBody"] = _members(operation, words, language)
    return found


def _members(operation: Operation, words: Words, language: str) -> dict[str, Json]:
    body = schema.body_of(operation.body)
    if operation.either:
        body["anyOf"] = [dict(each) for each in operation.either]
    members = body["properties"]
    assert isinstance(members, dict)
    for field in operation.body:
        own = members[field.name]
        assert isinstance(own, dict)
        members[field.name] = {**own, "description": _about(operation, field, words, language)}
    if operation.wishes:
        own_wish = _WISH["schema"]
        assert isinstance(own_wish, dict)
        members["request"] = {
            **own_wish, "description": words.get("app.api_field.request", language),
        }  # fmt: skip
    return {"required": "required" in body, "content": {"application/json": {"schema": body}}}


def _about(operation: Operation, field: Field, words: Words, language: str) -> str:
    return words.get(field.about or f"{operation.desk}.field.{field.name}", language)


def _parameters(operation: Operation, words: Words, language: str) -> list[Json]:
    pages = (CURSOR, COUNT) if operation.pages else ()
    found: list[Json] = [
        {
            "name": each.name,
            "in": "path",
            "required": True,
            "schema": schema.of_text(each),
            "description": _about(operation, each, words, language),
        }
        for each in operation.path_fields
    ]
    found += [
        {
            "name": each.name,
            "in": "query",
            "required": schema.is_required(each),
            "schema": schema.of_text(each),
            "description": _about(operation, each, words, language),
        }
        for each in (*operation.query, *pages)
    ]
    return [*found, dict(_WISH)] if operation.wishes else found


def _responses(operation: Operation) -> dict[str, Json]:
    media = operation.answer.media
    headers: dict[str, Json] = {"ETag": {"schema": {"type": "string", "maxLength": 40}}}
    if operation.pages:
        headers["Link"] = {"schema": {"type": "string", "maxLength": 8000}}
    done: dict[str, Json] = {"description": "done"}
    is_file = operation.answer.schema in (BYTES, PDF)
    schema_of: Json = {} if is_file else {"schema": dict(operation.answer.schema)}
    done["content"] = {media: schema_of}
    if operation.method == "GET" and media == "application/json":
        done["headers"] = headers
    found: dict[str, Json] = {"200": done}
    if operation.method == "GET":
        found["304"] = {"description": "as it was"}
    extra = _READ if operation.method == "GET" else (*_BODY, 410)
    for status in sorted({*_ALWAYS, *extra}):
        found[str(status)] = {"$ref": f"#/components/responses/Refused{status}"}
    return found


def _refusals() -> dict[str, Json]:
    content: Json = {MEDIA: {"schema": shapes.ref("Problem")}}
    return {
        f"Refused{status}": {"description": said, "content": content}
        for status, said in _SAYS.items()
    }
