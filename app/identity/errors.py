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
    sentence = "Votre rôle ne permet pas ce geste. Demandez à la coordination qui peut le faire."


class TokenCannotApprove(NotPermitted):
    """An approval was asked for with a token."""

    code = "token_cannot_approve"
    sentence = (
        "Un jeton ne peut rien approuver, ni gérer un compte : c’est le geste d’une personne. "
        "Connectez-vous avec votre mot de passe, puis recommencez."
    )


class DeviceCannot(NotPermitted):
    """The credential of a device was shown for something else than passes."""

    code = "device_cannot"
    sentence = (
        "Un appareil enrôlé prend la liste des pass et envoie des encaissements, rien d’autre. "
        "Pour ce geste, connectez-vous avec votre mot de passe."
    )


class OnlyADevice(NotPermitted):
    """Something that devices ask was asked by somebody else."""

    code = "only_a_device"
    sentence = (
        "Seul un appareil enrôlé peut le demander, avec sa propre clé. "
        "Ajoutez l’appareil depuis « Mes appareils », puis recommencez depuis lui."
    )


class OtherOrganisation(NotPermitted):
    """The agent acts for another organisation than the one concerned."""

    code = "other_organisation"
    sentence = (
        "Cet élément concerne une autre structure que la vôtre. "
        "Vérifiez le numéro, ou adressez-vous à la coordination."
    )


class SignInRefused(NotSignedIn):
    """Wrong address, wrong password, or a disabled account: all three look alike."""

    code = "sign_in_refused"
    sentence = "L’adresse ou le mot de passe ne convient pas. Vérifiez les deux, puis recommencez."


class TooManyAttempts(Throttled):
    """Too many failures in a short while."""

    code = "too_many_attempts"
    sentence = (
        "Trop d’essais ont échoué : attendez jusqu’à {until}, puis recommencez. Si vous avez "
        "oublié le mot de passe, demandez-en un nouveau."
    )


class TooManyTries(TooManyAttempts):
    """Too many failures of somebody whose password is not the question."""

    code = "too_many_tries"
    sentence = (
        "Trop d’essais ont échoué : attendez jusqu’à {until}, puis recommencez. La personne qui "
        "gère les comptes peut lever ce blocage."
    )


class TooManyResets(Throttled):
    """Too many new passwords were asked for from one place."""

    code = "too_many_resets"
    sentence = (
        "Trop de nouveaux mots de passe ont été demandés d’ici. Patientez une heure, puis "
        "recommencez ; ou demandez à l’administration des comptes."
    )


class UnknownAgent(NotFound):
    """No agent has that address."""

    code = "unknown_agent"
    sentence = (
        "Aucun agent n’a cette adresse. Vérifiez-la, ou créez le compte (passnum agent create)."
    )


class UnknownAccount(NotFound):
    """No account has that number, or it is another organisation's."""

    code = "unknown_account"
    sentence = "Ce compte n’existe pas, ou il est d’une autre structure. Cherchez-le dans la liste."


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


class GuessablePassword(WeakPassword):
    """Little is left once common passwords, known names and rows of keys are taken out."""

    code = "guessable_password"
    sentence = (
        "Ce mot de passe est de ceux que l’on essaie en premier : un mot de passe courant, votre "
        "nom, celui de la structure ou du service, une suite de touches. Prenez-en un autre, par "
        "exemple une phrase de 7 mots qui ne veut rien dire."
    )


class LastAdministrator(RuleBroken):
    """Nobody else administers accounts."""

    code = "last_administrator"
    sentence = (
        "C’est la seule personne qui administre les comptes. "
        "Invitez d’abord quelqu’un d’autre à l’administration, et attendez son premier accès."
    )


class NotOnOneself(NotPermitted):
    """Nobody changes the role, the state or the rights of their own account."""

    code = "not_on_oneself"
    sentence = (
        "Personne ne change son propre rôle ni l’état de son propre compte. "
        "Demandez-le à une autre personne qui administre les comptes."
    )


class AccountOpenAlready(RuleBroken):
    """Somebody who has accepted is not invited any more."""

    code = "account_open_already"
    sentence = (
        "Cette personne a déjà ouvert son compte. En cas d’oubli, elle peut demander un nouveau "
        "mot de passe depuis la page de connexion."
    )


class AccountClosedAlready(RuleBroken):
    """What is closed is not closed again."""

    code = "account_closed_already"
    sentence = "Ce compte est fermé. Rouvrez-le d’abord."


class CannotManageAccount(NotPermitted):
    """The account is not one that this agent invites, closes or changes."""

    code = "cannot_manage_account"
    sentence = (
        "Ce compte n’est pas de ceux que vous gérez. Demandez à l’administration des comptes."
    )


class WrongCurrentPassword(NotPermitted):
    """The current password was not the one."""

    code = "wrong_current_password"
    sentence = "Le mot de passe actuel ne convient pas. Vérifiez-le, puis recommencez."


class RoleNotAgreed(RuleBroken):
    """Who manages the accounts of a partner gives a role for which it did not sign."""

    code = "role_not_agreed"
    sentence = (
        "Votre structure n’a pas signé de convention de {role}. Choisissez un autre rôle, ou "
        "demandez à la coordination d’enregistrer cette convention."
    )


class RoleElsewhere(RuleBroken):
    """That role is not one of that kind of organisation."""

    code = "role_elsewhere"
    sentence = (
        "Ce rôle n’existe pas dans cette structure : la coordination, les finances et "
        "l’administration sont dans la collectivité. Choisissez un autre rôle ou une autre "
        "structure."
    )
