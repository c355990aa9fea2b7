"""What cannot be taken over."""

from typing import Any, cast

from app.kernel.errors import Conflict, NotFound, RuleBroken


class UnreadableFile(RuleBroken):
    """The file is no table that can be read."""

    code = "unreadable_file"
    sentence = (
        "Ce fichier ne se lit pas comme un tableau : {reason}. Partez du modèle, en CSV UTF-8 ou "
        "en XLSX."
    )


class TakeoverFileRefused(RuleBroken):
    """Lines of the file are wrong: nothing is taken over unless the file is whole."""

    code = "takeover_file_refused"
    sentence = (
        "Rien n’est repris, car le fichier n’est pas entièrement juste (lignes à corriger : "
        "{line_count} ; erreurs : {count}). Corrigez-les, puis renvoyez le fichier."
    )

    @property
    def count(self) -> int:
        """How many faults there are."""
        return cast("int", self.details["count"])

    @property
    def line_count(self) -> int:
        """On how many lines they are."""
        return cast("int", self.details["line_count"])

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The first of them: line and sentence."""
        return cast("list[dict[str, Any]]", self.details.get("faults", []))


class UnknownTakeover(NotFound):
    """No procès-verbal has that number or id."""

    code = "unknown_takeover"
    sentence = "Ce procès-verbal de reprise est introuvable. Choisissez-le dans la liste."


class TakeoverPreparerCannotApprove(RuleBroken):
    """Whoever prepared a procès-verbal does not approve it."""

    code = "takeover_preparer_cannot_approve"
    sentence = (
        "Vous avez préparé cette reprise : une autre personne doit compter les carnets "
        "et approuver."
    )


class TakeoverApprovedAlready(Conflict):
    """Somebody else has approved it."""

    code = "takeover_approved_already"
    sentence = "Cette reprise est déjà approuvée, ses pass sont au registre : rien à faire."


class TakeoverRefusedAlready(Conflict):
    """It was set aside: nothing of it comes in."""

    code = "takeover_refused_already"
    sentence = (
        "Le procès-verbal {number} est écarté : {reason}. Corrigez le fichier, puis envoyez-le de "
        "nouveau."
    )


class VintageEnded(RuleBroken):
    """Nothing can be done any more with the passes of that vintage."""

    code = "vintage_ended"
    sentence = (
        "Le millésime {label} ne sert plus depuis le {ended_on} : ses carnets ne sont pas repris. "
        "Écartez ce procès-verbal, et écrivez « non repris » à leurs lignes."
    )


class TakeoverChanged(Conflict):
    """The total that was read is not the total of the procès-verbal."""

    code = "takeover_changed"
    sentence = (
        "Le total lu n’est pas celui du procès-verbal ({count} pass). Relisez-le, puis approuvez."
    )


class TakenOverMeanwhile(Conflict):
    """Since the procès-verbal was prepared, booklets of it came into passnum another way."""

    code = "taken_over_meanwhile"
    sentence = (
        "Depuis la préparation, des carnets de ce procès-verbal sont entrés dans passnum "
        "(millésime {label}). Préparez un nouveau fichier sans eux."
    )
