"""The description of the API is right, complete and changes only on purpose.

After a change on purpose: `python -m checks.openapi update`
"""

from checks.openapi import SNAPSHOT, text
from dangol.records import openapi


def test_the_api_changes_only_on_purpose(product_types):
    assert text(openapi.document(product_types)) == SNAPSHOT.read_text(), "see the head of this file"


def test_every_reference_leads_somewhere(product_types):
    document = openapi.document(product_types)

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    for reference in set(references(document)):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_operations_have_names_of_their_own(product_types):
    paths = openapi.document(product_types)["paths"]
    names = [
        operation["operationId"]
        for path in paths.values()
        for key, operation in path.items()
        if key != "parameters"
    ]
    assert len(names) == len(set(names))
    assert len(names) >= 7 * len(product_types) + 1, "seven for each type, and search"


def test_a_type_that_is_registered_is_described_at_once(insider):
    document = insider.api.get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert "/machines/{id}" in document["paths"]
    assert document["components"]["schemas"]["Machine"]["properties"]["state"]["enum"] == [
        "running",
        "stopped",
        None,
    ]


def test_the_reference_page_is_in_the_readers_language(insider, nobody):
    page = insider.client.get("/api/v1/docs").content.decode()
    assert "machines" in page
    assert "API 명세" in page
    assert "machines" not in nobody.client.get("/api/v1/docs").content.decode()
