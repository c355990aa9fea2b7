"""Words of oppositions, replacements and destructions: plain values, no database."""

from enum import StrEnum

from app.ledger import AccountKind

LONGEST_REASON = 200
LONGEST_COMPLAINT = 80
MOST_VOUCHERS = 100_000
"""Passes that one act names: more is a slip of the keyboard."""


class Declarant(StrEnum):
    """In what quality somebody declares a loss. Never a name: see decision 0036."""

    HOLDER = "holder"
    RELATIVE = "relative"
    PRESCRIBER = "prescriber"
    MEDIATOR = "mediator"
    COORDINATION = "coordination"
    POLICE = "police"


FRENCH_DECLARANT = {
    Declarant.HOLDER: "La personne à qui le carnet a été remis",
    Declarant.RELATIVE: "Un proche de cette personne",
    Declarant.PRESCRIBER: "Le prescripteur",
    Declarant.MEDIATOR: "Un médiateur",
    Declarant.COORDINATION: "La coordination",
    Declarant.POLICE: "La police ou la gendarmerie",
}


class BlockCause(StrEnum):
    """Why passes are to be refused everywhere."""

    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    FRAUD = "fraud"


FRENCH_BLOCK_CAUSE = {
    BlockCause.LOST: "Perdu",
    BlockCause.STOLEN: "Volé",
    BlockCause.DAMAGED: "Abîmé",
    BlockCause.FRAUD: "Soupçon de fraude",
}

BLOCKABLE = frozenset(
    {
        AccountKind.STOCK_INERT,
        AccountKind.STOCK,
        AccountKind.TRANSIT,
        AccountKind.PRESCRIBER,
        AccountKind.CIRCULATION,
    }
)
"""Where a pass may rest to be blocked; elsewhere it is reported as it is."""

USED = frozenset({AccountKind.REDEEMED, AccountKind.CLAIMED, AccountKind.SETTLED})
"""A pass that somebody has used already: an opposition comes too late for it."""

FINDINGS = tuple(kind for kind in AccountKind if kind not in BLOCKABLE)


class ReplacementCause(StrEnum):
    """Why a pass that was handed over is replaced by another."""

    LOST = "lost"
    DAMAGED = "damaged"
    MISPRINTED = "misprinted"
    COMPROMISED = "compromised"


FRENCH_REPLACEMENT_CAUSE = {
    ReplacementCause.LOST: "Perdu ou volé",
    ReplacementCause.DAMAGED: "Abîmé, illisible",
    ReplacementCause.MISPRINTED: "Mal imprimé",
    ReplacementCause.COMPROMISED: "Clé du millésime divulguée",
}


class Source(StrEnum):
    """Where the passes come from that replace others."""

    STOCK = "stock"
    DRAWER = "prescriber"


FRENCH_SOURCE = {
    Source.STOCK: "Le stock de la coordination",
    Source.DRAWER: "Les carnets du prescripteur",
}


class WriteOffKind(StrEnum):
    """What a procès-verbal destroys: passes for good, or spoiled paper of passes that live on."""

    PASSES = "passes"
    MISPRINTS = "misprints"


class WriteOffState(StrEnum):
    """What became of a procès-verbal."""

    WAITING = "waiting"
    APPROVED = "approved"
    ABANDONED = "abandoned"


FRENCH_WRITE_OFF = {
    WriteOffKind.PASSES: "Pass en opposition, annulés pour toujours",
    WriteOffKind.MISPRINTS: "Feuilles mal imprimées, réimprimées à l’identique",
}
