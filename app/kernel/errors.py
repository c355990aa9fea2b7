"""Refusals: what the scheme does not allow, said so that a person knows what to do next.

Each refusal is a class with a stable `code`, used by programs, and a French `sentence`, read by
people. Details are JSON values and never personal data: they travel to logs and to the API.
"""

from typing import ClassVar

JsonValue = str | int | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


class DomainError(Exception):
    """A request that the rules of the scheme refuse. Nothing has changed."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = (
        "Cette demande ne peut pas être acceptée. Vérifiez-la, puis recommencez."
    )

    def __init__(self, **details: JsonValue) -> None:
        self.details = details
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The French sentence, with the details in their places."""
        return self.sentence.format(**self.details)


class NotFound(DomainError):
    """What was named does not exist, or is nothing of the person's business."""

    code = "not_found"
    sentence = "Cet élément est introuvable. Vérifiez son numéro, puis recommencez."


class NotPermitted(DomainError):
    """The person may not do this; somebody else may."""

    code = "not_permitted"
    sentence = "Votre rôle ne permet pas ce geste. Demandez à la coordination qui peut le faire."


class RuleBroken(DomainError):
    """The request makes no sense, or a rule of the scheme forbids it whatever the moment."""

    code = "rule_broken"
    sentence = (
        "Une règle du dispositif interdit cette opération. "
        "Vérifiez votre saisie, ou adressez-vous à la coordination."
    )


class Conflict(DomainError):
    """The request came too late, twice, or against the present state of things."""

    code = "conflict"
    sentence = "La situation a changé entre-temps. Rechargez la page, puis recommencez."


class NotSignedIn(DomainError):
    """Nobody knows who asks: no token, no session, or one that has ended."""

    code = "not_signed_in"
    sentence = (
        "Identifiez-vous d’abord : envoyez un jeton valable (Authorization: Bearer …) "
        "ou connectez-vous."
    )


class Throttled(DomainError):
    """Too many tries in a short while; waiting helps."""

    code = "throttled"
    sentence = "Trop d’essais en peu de temps. Patientez quelques minutes, puis recommencez."


class InvalidInput(RuleBroken):
    """One or several fields cannot be read; `fields` maps each to what to write instead."""

    code = "invalid_input"
    sentence = "Certaines valeurs ne conviennent pas. Corrigez les champs indiqués, puis renvoyez."

    def __init__(self, **fields: JsonValue) -> None:
        super().__init__(fields=fields)


class IdAlreadyUsed(Conflict):
    """The same id came earlier with another content."""

    code = "id_already_used"
    sentence = (
        "Cet identifiant a déjà servi pour une autre demande. "
        "Pour une nouvelle demande, prenez un nouvel identifiant."
    )
