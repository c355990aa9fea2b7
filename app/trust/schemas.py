"""Checkpoints and proofs as the API tells them."""

from marshmallow import Schema

from app.kernel.ids import LARGEST_INTEGER
from app.web.api import Query, page_of
from app.web.fields import Instant, Many, Part, QueryWhole, Text, Whole


class CheckpointSchema(Schema):
    """What the ledger was at a size, signed."""

    number = Whole(1, required=True)
    origin = Text(required=True, about="Ce qui nomme ce registre entre tous.")
    size = Whole(1, required=True, about="Combien de mouvements sont scellés.")
    movement_count = Whole(1, required=True, about="Combien ce point de contrôle en a ajouté.")
    root = Text(required=True, about="La racine de Merkle (RFC 6962), en base64.")
    sealed_at = Instant(required=True)
    fingerprint = Text(required=True, about="Quatre groupes, à comparer à l’œil.")
    note = Text(longest=2000, required=True, about="Le point signé (C2SP tlog-checkpoint).")
    verifier_key = Text(required=True, about="La clé publique, à la façon de C2SP.")


class ProofSchema(Schema):
    """What shows that a movement is sealed."""

    movement_id = Whole(1, required=True)
    position = Whole(1, required=True, about="Sa place dans la liste scellée, à partir de 1.")
    entry = Text(longest=4000, required=True, about="Ce qui est scellé, en base64.")
    path = Many(Text(longest=60), required=True, about="Le chemin jusqu’à la racine, en base64.")
    size = Whole(1, required=True)
    note = Text(longest=2000, required=True, about="Le point de contrôle signé.")
    proof = Text(longest=20_000, required=True, about="La preuve en un texte (C2SP tlog-proof).")


class ConsistencySchema(Schema):
    """What shows that a checkpoint begins a later one."""

    earlier = Part(CheckpointSchema, required=True)
    later = Part(CheckpointSchema, required=True)
    path = Many(Text(longest=60), required=True, about="Le chemin (RFC 6962), en base64.")


class ProofQuery(Query):
    """In which checkpoint."""

    size = QueryWhole(1, LARGEST_INTEGER, load_default=None, about="Sinon, dans le dernier.")


class ConsistencyQuery(Query):
    """Between which two."""

    earlier = QueryWhole(1, LARGEST_INTEGER, required=True, about="La taille du plus petit.")
    later = QueryWhole(1, LARGEST_INTEGER, load_default=None, about="Sinon, le dernier.")


CheckpointPageSchema = page_of(CheckpointSchema)
