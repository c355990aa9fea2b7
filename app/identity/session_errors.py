"""What sessions and second factors refuse."""

from app.kernel.errors import Conflict, NotFound, NotPermitted, RuleBroken


class SecondFactorNeeded(NotPermitted):
    """The password was right, and something is still to be shown."""

    code = "second_factor_needed"
    sentence = (
        "Votre connexion n’est pas terminée : il manque votre second facteur. "
        "Ouvrez la page de connexion, et montrez-le."
    )


class CodeRefused(RuleBroken):
    """The code is not the one of this moment, or it has served."""

    code = "code_refused"
    sentence = (
        "Ce code ne convient pas, ou il a déjà servi. Attendez que l’application en montre "
        "un nouveau, puis recopiez ses 6 chiffres. Vérifiez aussi l’heure du téléphone."
    )


class RecoveryCodeRefused(RuleBroken):
    """No recovery code of that agent, or one that has served."""

    code = "recovery_code_refused"
    sentence = (
        "Ce code de secours ne convient pas, ou il a déjà servi. Prenez-en un autre de votre "
        "feuille ; s’il n’en reste aucun, l’administration des comptes peut réinitialiser."
    )


class PasskeyRefused(RuleBroken):
    """The answer of a device is not one of a key that is known here."""

    code = "passkey_refused"
    sentence = (
        "Cette clé d’accès n’est pas reconnue ici, ou la demande est trop ancienne. "
        "Rechargez la page et recommencez, ou connectez-vous autrement."
    )


class PasskeyKnown(Conflict):
    """The key is recorded already."""

    code = "passkey_known"
    sentence = "Cette clé d’accès est déjà enregistrée. Utilisez-la, ou ajoutez-en une autre."


class LastFactorStays(RuleBroken):
    """Somebody who must have a second factor would be left without any."""

    code = "last_factor_stays"
    sentence = (
        "Votre rôle exige un second facteur, et c’est le dernier. "
        "Ajoutez-en d’abord un autre, puis retirez celui-ci."
    )


class FactorsResetBySame(NotPermitted):
    """Whoever took the second factors of an account away would let themselves in."""

    code = "factors_reset_by_same"
    sentence = (
        "Vous avez réinitialisé les seconds facteurs de cette personne il y a moins de 7 jours : "
        "avec ce lien en plus, vous entreriez à sa place. Un autre administrateur des comptes, "
        "ou la personne qui tient la machine, doit donner le lien."
    )


class LinkShownBySame(NotPermitted):
    """Whoever has read the link of an account would let themselves in without its factors."""

    code = "link_shown_by_same"
    sentence = (
        "Vous avez lu un lien de nouveau mot de passe de cette personne il y a moins de 7 jours : "
        "sans ses seconds facteurs, vous entreriez à sa place. Un autre administrateur des "
        "comptes, ou la personne qui tient la machine, doit les réinitialiser."
    )


class OwnFactors(NotPermitted):
    """Nobody resets their own second factors."""

    code = "own_factors"
    sentence = (
        "Personne ne réinitialise ses propres seconds facteurs. "
        "Demandez-le à un autre administrateur des comptes."
    )


class SignInTooOld(NotPermitted):
    """What protects an account is changed soon after signing in, not hours later."""

    code = "sign_in_too_old"
    sentence = (
        "Vous êtes connecté depuis plus d’une heure. Pour protéger votre compte, déconnectez-vous, "
        "reconnectez-vous, puis recommencez ce geste."
    )


class UnknownSession(NotFound):
    """No session of that agent has that id, or it is over."""

    code = "unknown_session"
    sentence = "Cette connexion a déjà pris fin. Rechargez la liste de vos connexions."


class UnknownFactor(NotFound):
    """No second factor of that agent has that id."""

    code = "unknown_factor"
    sentence = "Ce second facteur n’existe plus. Rechargez la page de vos seconds facteurs."


class FactorKeyMissing(RuleBroken):
    """The key that sealed the secrets of authenticators is not on this machine."""

    code = "factor_key_missing"
    sentence = (
        "Les codes d’application ne peuvent pas être vérifiés : une clé du serveur manque. "
        "Prenez une clé d’accès, ou prévenez la personne qui tient le serveur."
    )


class ApplicationKnown(Conflict):
    """An agent has one authenticator application."""

    code = "application_known"
    sentence = (
        "Une application est déjà enregistrée. Retirez-la d’abord si vous changez de téléphone."
    )


# ── ProConnect ────────────────────────────────────────────────────────────────────────────────────


class ProviderAway(RuleBroken):
    """The identity provider does not answer, or not as agreed."""

    code = "provider_away"
    sentence = (
        "ProConnect ne répond pas en ce moment. Réessayez dans quelques minutes, "
        "ou connectez-vous avec votre mot de passe."
    )


class ProviderAnswerRefused(RuleBroken):
    """What came back was not asked here, is too old, or is not signed as it should be."""

    code = "provider_answer_refused"
    sentence = (
        "La réponse de ProConnect ne peut pas être acceptée : elle est trop ancienne, ou n’est pas "
        "celle que cette page attendait. Recommencez depuis la page de connexion."
    )


class ProviderGaveUp(RuleBroken):
    """The person, or the provider, stopped on the way."""

    code = "provider_gave_up"
    sentence = (
        "La connexion par ProConnect a été interrompue. "
        "Recommencez, ou connectez-vous avec votre mot de passe."
    )


class ProviderUnknownHere(RuleBroken):
    """ProConnect knows the person, passnum does not: it never opens an account by itself."""

    code = "provider_unknown_here"
    sentence = (
        "ProConnect vous connaît, mais aucun compte passnum n’a votre adresse électronique. "
        "Demandez une invitation au responsable de votre structure."
    )


class ProviderAccountClosed(RuleBroken):
    """The account behind that person is closed."""

    code = "provider_account_closed"
    sentence = (
        "Votre compte passnum est fermé. Si c’est une erreur, adressez-vous à "
        "l’administration des comptes."
    )


class ProviderLinkedOtherwise(RuleBroken):
    """The account is linked to another person of the provider."""

    code = "provider_linked_otherwise"
    sentence = (
        "Ce compte passnum est déjà relié à une autre identité ProConnect. Connectez-vous avec "
        "votre mot de passe, et détachez l’ancienne dans « Mes connexions »."
    )
