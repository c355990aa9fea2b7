"""What a programme or a vintage may not be."""

from app.kernel.errors import Conflict, NotFound, RuleBroken


class InitialisedAlready(Conflict):
    """The database has its sponsor and its first agents."""

    code = "initialised_already"
    sentence = (
        "Cette base est déjà ouverte : ajoutez les partenaires et les agents qui manquent "
        "(passnum partner add, passnum agent create)."
    )


class HeldDemonstration(Conflict):
    """The database has held demonstration data, and says so for ever."""

    code = "held_demonstration"
    sentence = (
        "Cette base a contenu la démonstration et porte SPÉCIMEN pour toujours : ouvrez la vraie "
        "dans une base neuve, par exemple avec un autre dossier de données (--data-dir)."
    )


class UnknownProgramme(NotFound):
    """No programme has that id."""

    code = "unknown_programme"
    sentence = "Ce dispositif est introuvable. Choisissez-le dans la liste des dispositifs."


class UnknownVintage(NotFound):
    """No vintage has that number."""

    code = "unknown_vintage"
    sentence = "Ce millésime est introuvable. Choisissez-le dans la liste du dispositif."


class VintageLabelTaken(Conflict):
    """Another vintage has that label."""

    code = "vintage_label_taken"
    sentence = "Un millésime porte déjà ce repère. Prenez la lettre suivante, par exemple 26B."


class SettingsNotYetApply(RuleBroken):
    """On that day no version of the programme's settings applied yet."""

    code = "settings_not_yet_apply"
    sentence = (
        "Les réglages de ce dispositif s’appliquent depuis le {applies_from} : "
        "choisissez ce jour ou un jour d’après."
    )


class SettingsChangedAfterwards(RuleBroken):
    """Settings would change for days that have passed, or before a version that is there."""

    code = "settings_changed_afterwards"
    sentence = (
        "Des réglages ne changent pas ce qui a déjà eu lieu : "
        "faites-les appliquer à partir du {earliest} ou d’un jour d’après. "
        "Une version enregistrée pour plus tard peut d’abord être retirée."
    )


class BudgetBelowCommitted(RuleBroken):
    """The budget would be below what is committed already, and nobody accepted that."""

    code = "budget_below_committed"
    sentence = (
        "Le budget serait de {budget}, et {committed} sont déjà engagés : aucune commande de plus "
        "ne s’approuverait. Relisez la somme, ou confirmez que ce budget est déjà dépassé."
    )


class SettingsUnchanged(RuleBroken):
    """The new version would say what the one before says."""

    code = "settings_unchanged"
    sentence = (
        "Ces réglages sont déjà ceux de la version {ordinal} : changez au moins une valeur, "
        "ou gardez cette version."
    )


class UnknownSettings(NotFound):
    """No version of that programme's settings has that id."""

    code = "unknown_settings"
    sentence = "Cette version des réglages est introuvable. Choisissez-la parmi les versions."


class SettingsApplyAlready(RuleBroken):
    """A version that has begun, or the first one, is not withdrawn."""

    code = "settings_apply_already"
    sentence = (
        "La version {ordinal} s’applique depuis le {applies_from} : elle ne se retire plus. "
        "Enregistrez une nouvelle version qui dit autre chose."
    )


class SettingsWithdrawnAlready(Conflict):
    """Somebody withdrew that version before."""

    code = "settings_withdrawn_already"
    sentence = "La version {ordinal} est déjà retirée : il n’y a rien à faire."


class NotAFunder(RuleBroken):
    """A share names an organisation that funds nothing."""

    code = "not_a_funder"
    sentence = (
        "« {name} » n’est pas un financeur : choisissez une structure enregistrée comme "
        "financeur, ou enregistrez-la."
    )


class VintageTakenOver(RuleBroken):
    """A vintage that was taken over has numbers of its own: nothing is ordered in it."""

    code = "vintage_taken_over"
    sentence = (
        "Ce millésime est repris d’avant passnum : ses numéros sont déjà imprimés. "
        "Commandez dans un autre millésime."
    )


class NotEntitled(NotFound):
    """The programme gives nothing to that public."""

    code = "not_entitled"
    sentence = "Le dispositif ne prévoit rien pour ce public. Choisissez un autre public."


class KeyMissing(RuleBroken):
    """The key of that vintage is not on this machine."""

    code = "key_missing"
    sentence = (
        "La clé du millésime {label} n’est pas sur cette machine : les codes ne peuvent pas être "
        "calculés. Remettez la sauvegarde de la clé dans le dossier des clés, puis recommencez."
    )


class KeyMalformed(RuleBroken):
    """What the environment gives as the key of a vintage is no key."""

    code = "key_malformed"
    sentence = (
        "La clé du millésime {label} donnée par l’environnement n’est pas une clé : elle a "
        "64 chiffres hexadécimaux ou plus. Recopiez-la depuis sa sauvegarde."
    )


class ProgrammeFrozen(Conflict):
    """Orders, deliveries and allocations of the programme wait until the freeze is lifted."""

    code = "programme_frozen"
    sentence = (
        "Ce dispositif est gelé depuis le {since} ({reason}) : ni commande, ni livraison, ni "
        "dotation. La coordination peut lever le gel, sur la page du dispositif."
    )


class ProgrammeNotFrozen(Conflict):
    """There is no freeze to lift."""

    code = "programme_not_frozen"
    sentence = "Ce dispositif n’est pas gelé : il n’y a rien à faire."
