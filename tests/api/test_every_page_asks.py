"""Every address of the site asks who is there, but for those that are meant for anybody."""

from collections.abc import Iterator

from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from app.web.auth import ANONYMOUS
from tests.api.house import House

NOBODY = "00000000-0000-7000-8000-000000000000"
"""An id that names nothing."""

MEANT_FOR_ANYBODY = {
    "devices_pages.arrive",
    "gate_pages.asked",
    "gate_pages.forgotten",
    "gate_pages.invited",
    "gate_pages.reset",
    "health.alive",
    "health.ready",
    "help_pages.accessibility",
    "help_pages.personal_data",
    "identity_pages.sign_in",
    "identity_pages.sign_in_by_passkey",
    "identity_pages.try_to_sign_in",
    "places_pages.open_csv",
    "places_pages.open_json",
    "kit_pages.public",
    "provider_pages.arrive",
    "provider_pages.leave",
    "public_keys.receipts",
    "public_pass.cover",
    "public_pass.voucher",
    "receipt_pages.inclusion",
    "receipt_pages.verify",
    "statement_pages.verify",
    "trust_pages.checkpoint",
    "trust_pages.checkpoints",
    "trust_pages.consistency",
    "trust_pages.key",
    "trust_pages.trust",
}
"""Each of these says nothing about anybody; whoever adds one says here that it was thought over."""


def pages(house: House) -> Iterator[tuple[str, Rule]]:
    """Each address and method of the site, outside the API, with something in its blanks."""
    adapter = house.app.url_map.bind("localhost")
    for rule in house.app.url_map.iter_rules():
        if rule.rule.startswith("/api/") or rule.endpoint == "static":
            continue
        blanks: dict[str, object] = dict.fromkeys(
            rule.arguments, "00000000-0000-7000-8000-000000000000"
        )
        for name, converter in rule._converters.items():  # noqa: SLF001 - werkzeug has no public way
            if isinstance(converter, IntegerConverter):
                blanks[name] = 1
            if isinstance(converter, AnyConverter):
                blanks[name] = next(iter(converter.items))
        yield adapter.build(rule.endpoint, blanks, method=next(iter(rule.methods or {"GET"}))), rule


def test_what_is_open_to_anybody_is_listed_here(house: House) -> None:
    assert ANONYMOUS <= MEANT_FOR_ANYBODY
    assert {rule.endpoint for _, rule in pages(house)} >= MEANT_FOR_ANYBODY


def test_nobody_opens_or_does_anything_without_a_name(house: House) -> None:
    client = house.app.test_client()

    for address, rule in pages(house):
        if rule.endpoint in MEANT_FOR_ANYBODY:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address, method=method)
            assert answer.status_code == 302, (method, address)
            assert answer.location.startswith("/connexion"), (method, address)
