"""The contract, as a judge: every answer of every test here is compared with what it promises."""

import re
from functools import cached_property
from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from app.devices.rules import CONTENT_TYPE
from app.web.downloads import FORMATS

Json = Any
FILES = {kind.partition(";")[0] for kind in FORMATS.values()} | {CONTENT_TYPE}


class Contract:
    """The OpenAPI document that an application publishes, and what it says of an answer."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.validators: dict[str, jsonschema_rs.Validator] = {}

    @cached_property
    def document(self) -> Json:
        return self.app.test_client().get("/api/v1/openapi.json").get_json()

    @cached_property
    def operations(self) -> dict[str, tuple[str, str, Json]]:
        """Method, path and description of each operation, by its id."""
        return {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
            if method != "parameters"
        }

    def judge(self, method: str, path: str, response: TestResponse) -> None:
        """See that an answer is one that the contract promises for that operation."""
        try:
            rule, _ = self.app.url_map.bind("localhost").match(
                path, method=method, return_rule=True
            )
        except HTTPException:
            return
        documented = self.document["paths"].get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        if documented is None:
            return
        responses = documented[method.lower()]["responses"]
        status = str(response.status_code)
        assert status in responses, f"{method} {path} answers {status}, which is not announced"
        if not {"content", "$ref"} & responses[status].keys():
            assert not response.data
            return
        mimetype = response.mimetype or ""
        if mimetype in FILES:
            assert mimetype in responses[status]["content"], f"{path} answers {mimetype}"
            return
        validator = self._validator(f"{method} {rule.rule}", responses[status], mimetype)
        errors = [
            f"{'.'.join(map(str, error.instance_path))}: {error.message}"
            for error in validator.iter_errors(response.get_json(force=True))
        ]
        assert not errors, f"{method} {path} answers {status} against its contract: {errors[:3]}"

    def _validator(self, asked: str, answer: Json, mimetype: str) -> jsonschema_rs.Validator:
        reference = answer.get("$ref", "")
        content = self._at(reference)["content"] if reference else answer["content"]
        assert mimetype in content, f"{asked} answers {mimetype}, not {[*content]}"
        schema = content[mimetype]["schema"]
        # Refusals are alike: a validator for each takes seconds to make.
        key = repr(schema)
        if key not in self.validators:
            self.validators[key] = jsonschema_rs.Draft202012Validator(
                {**schema, "components": self.document["components"]}, validate_formats=True
            )
        return self.validators[key]

    def _at(self, reference: str) -> Json:
        found = self.document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return found
