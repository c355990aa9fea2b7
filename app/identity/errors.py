"""Who may not, and who is not known."""

from app.kernel.errors import (
    Conflict,
    NotFound,
    NotPermitted,
    NotSignedIn,
    RuleBroken,
    Throttled,
)


class RightMissing(NotPermitted):
    """The role of the agent does not carry that right."""

    code = "right_missing"
    sentence = (
        "Votre rôle ne permet pas ce geste. "
        "Demandez à la coordination de CAP Nord qui peut le faire."
    )


class TokenCannotApprove(NotPermitted):
    """An approval was asked for with a token."""

    code = "token_cannot_approve"
    sentence = (
        "Un jeton ne peut rien approuver : une approbation est le geste d’une personne. "
        "Connectez-vous avec votre mot de passe, puis approuvez."
    )


class OtherOrganisation(NotPermitted):
    """The agent acts for another organisation than the one concerned."""

    code = "other_organisation"
    sentence = (
        "Cet élément concerne une autre structure que la vôtre. "
        "Vérifiez le numéro, ou adressez-vous à la coordination de CAP Nord."
    )


class SignInRefused(NotSignedIn):
    """Wrong address, wrong password, or a disabled account: all three look alike."""

    code = "sign_in_refused"
    sentence = "L’adresse ou le mot de passe ne convient pas. Vérifiez les deux, puis recommencez."


class TooManyAttempts(Throttled):
    """Too many failures in a short while."""

    code = "too_many_attempts"
    sentence = (
        "Trop d’essais ont échoué. Patientez {minutes} minutes, puis recommencez ; "
        "en cas d’oubli, demandez un nouveau mot de passe à l’administration des comptes."
    )


class UnknownAgent(NotFound):
    """No agent has that address."""

    code = "unknown_agent"
    sentence = (
        "Aucun agent n’a cette adresse. Vérifiez-la, ou créez le compte (passnum agent create)."
    )


class AgentDisabled(NotPermitted):
    """The account of that agent is closed."""

    code = "agent_disabled"
    sentence = (
        "Le compte de cet agent est fermé : il n’agit plus. Choisissez l’adresse d’un autre agent."
    )


class UnknownToken(NotFound):
    """No token has that id."""

    code = "unknown_token"
    sentence = "Ce jeton n’existe pas. Listez les jetons de l’agent (passnum token list)."


class EmailTaken(Conflict):
    """Another agent already has that address."""

    code = "email_taken"
    sentence = "Un compte existe déjà avec cette adresse. Prenez-en une autre."


class LinkServesNoMore(NotFound):
    """The link is unknown, used, withdrawn, replaced by another, or too old."""

    code = "link_serves_no_more"
    sentence = (
        "Ce lien ne sert plus : il a déjà servi, il a été remplacé, ou il est trop vieux. "
        "Demandez un nouveau lien."
    )


class WeakPassword(RuleBroken):
    """The password does not follow the rule (CNIL recommendation 2022-100)."""

    code = "weak_password"
    sentence = (
        "Ce mot de passe est trop simple. Prenez 12 caractères avec des majuscules, des "
        "minuscules, des chiffres et des signes ; ou 14 caractères avec trois de ces sortes ; "
        "ou une phrase de 7 mots."
    )


class RoleElsewhere(RuleBroken):
    """That role is not one of that kind of organisation."""

    code = "role_elsewhere"
    sentence = (
        "Ce rôle n’existe pas dans cette structure : la coordination, les finances et "
        "l’administration sont à CAP Nord. Choisissez un autre rôle ou une autre structure."
    )
