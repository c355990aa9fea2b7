"""Deriving every seal again, and naming the first block and the first row that lie.

What is found is compared with what the database keeps of its own seals, then with checkpoints that
left it: whoever owns the database can write its seals again, and only those tell.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from sqlalchemy.orm import Session

from app.trust import queries
from app.trust.leaves import leaf
from app.trust.merkle import Edge, leaf_hash
from app.trust.models import SealBlock
from app.trust.notes import SignedCheckpoint, VerifierKey, read_checkpoints

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class SealVerdict:
    """What was found. `first_difference` is a French sentence, None when all agrees."""

    block_count: int
    sealed_count: int
    unsealed_count: int
    agreed_count: int
    """Outside checkpoints that say the same."""
    first_difference: str | None = None
    block: int | None = None
    position: int | None = None
    movement_id: int | None = None

    @property
    def honest(self) -> bool:
        """Whether every seal holds."""
        return self.first_difference is None


@dataclass(frozen=True, slots=True)
class _Where:
    """How near the lie is known to be."""

    block: int | None = None
    position: int | None = None
    movement_id: int | None = None

    @property
    def words(self) -> str:
        """The beginning of the sentence."""
        if self.block is None:
            return ""
        place = f", place {self.position}" if self.position is not None else ""
        return f"Bloc n° {self.block}{place} : "


class _Difference(Exception):
    """Something is not as it was sealed."""

    def __init__(self, where: _Where, what: str) -> None:
        super().__init__(f"{where.words}{what}")
        self.where = where


def verify_seals(
    session: Session,
    *,
    against: Sequence[SignedCheckpoint] = (),
    keys: Collection[VerifierKey] = (),
) -> SealVerdict:
    """Compute every leaf, node and root again; compare with the seals and with `against`.

    `keys` are the public keys known from outside, of this installation and of those before it: with
    them, checkpoints signed by any other are lies.
    Memory: one page.
    """
    public = frozenset(key.public for key in keys)
    check = _Check(session, deque(sorted(against, key=lambda s: s.checkpoint.size)), public)
    try:
        check.outside_signatures(against)
        check.blocks()
        check.what_is_after()
    except _Difference as difference:
        where = difference.where
        return SealVerdict(
            check.block_count,
            check.edge.size,
            0,
            check.agreed_count,
            str(difference),
            where.block,
            where.position,
            where.movement_id,
        )
    return SealVerdict(
        check.block_count, check.edge.size, queries.unsealed_count(session), check.agreed_count
    )


@dataclass
class _Check:
    session: Session
    against: deque[SignedCheckpoint]
    keys: frozenset[bytes]
    edge: Edge = field(default_factory=Edge)
    block_count: int = 0
    agreed_count: int = 0
    agreed_size: int = 0
    before: tuple[SealBlock, SignedCheckpoint] | None = None

    def outside_signatures(self, against: Sequence[SignedCheckpoint]) -> None:
        """What is compared with must be signed, or anybody could have written it."""
        if not self.keys:
            return
        for signed in against:
            origin = signed.checkpoint.origin
            if not any(signed.signed_by(VerifierKey(origin, public)) for public in self.keys):
                message = (
                    f"Le point de contrôle donné ({signed.checkpoint.size} mouvements) n’est pas "
                    "signé par une clé connue : ce n’est pas lui qui peut dire le vrai."
                )
                raise _Difference(_Where(), message)

    def blocks(self) -> None:
        """Each block, in order."""
        while page := queries.blocks_after(self.session, self.block_count, limit=200):
            for block in page:
                self._block(block)
                self.block_count += 1
                self.session.expunge(block)

    def _block(self, block: SealBlock) -> None:
        where = _Where(block.number)
        follows = (
            (self.before[0].number, self.before[0].last_position, bytes(self.before[0].root))
            if self.before
            else (None, None, None)
        )
        named = (
            block.after_number,
            block.after_position,
            bytes(block.after_root) if block.after_root is not None else None,
        )
        if (
            block.number != self.block_count + 1
            or block.first_position != self.edge.size + 1
            or named != follows
        ):
            self._lie(where, "il ne suit pas le bloc d’avant ; un bloc a été ôté ou changé.")
        while self.edge.size < block.last_position:
            self._page(block)
        if self.edge.root != bytes(block.root):
            self._lie(
                where,
                f"ses mouvements (places {block.first_position} à {block.last_position}) ne "
                "donnent plus la racine scellée ; l’un d’eux a été réécrit avec son empreinte.",
            )
        self._note(block)

    def _page(self, block: SealBlock) -> None:
        first = self.edge.size + 1
        last = min(first + PAGE - 1, block.last_position)
        places = queries.places(self.session, first, last)
        accounts = queries.accounts_of(self.session, [p.line for p in places if p.line])
        found = {place.position: place for place in places}
        made: dict[int, dict[int, bytes]] = {}
        for position in range(first, last + 1):
            place = found.get(position)
            where = _Where(block.number, position, place.movement_id if place else None)
            if place is None:
                self._lie(where, "cette place a disparu.")
            if place.line is None:
                self._lie(where, f"le mouvement n° {place.movement_id} a disparu.")
            digest = leaf_hash(leaf(place.line, accounts))
            if digest != place.leaf_hash:
                self._lie(
                    where, f"le mouvement n° {place.movement_id} n’est plus celui qui a été scellé."
                )
            for height, ordinal, above in self.edge.add(digest):
                if height % queries.TILE == 0:
                    made.setdefault(height // queries.TILE, {})[ordinal] = above
            self._outside(block, place.movement_id)
        self._nodes(block, made)

    def _nodes(self, block: SealBlock, made: dict[int, dict[int, bytes]]) -> None:
        """The hashes kept for proofs are those of the leaves below them."""
        for level, nodes in sorted(made.items()):
            kept = queries.nodes_between(self.session, level, min(nodes), max(nodes))
            for ordinal, digest in nodes.items():
                if kept.get(ordinal) != digest:
                    width = 1 << (level * queries.TILE)
                    self._lie(
                        _Where(block.number),
                        f"les places {ordinal * width + 1} à {(ordinal + 1) * width} ne sont plus "
                        "celles qui ont été scellées.",
                    )

    def _note(self, block: SealBlock) -> None:
        """The checkpoint of a block says what the block says, and somebody known signed it."""
        where = _Where(block.number)
        read = list(read_checkpoints(block.note))
        key = VerifierKey.read(block.verifier_key)
        if len(read) != 1 or key is None or not read[0].signed_by(key):
            self._lie(where, "son point de contrôle n’est pas signé comme il devrait l’être.")
        [signed] = read
        said = signed.checkpoint
        after = self.before[1].checkpoint if self.before else None
        if (
            (said.size, said.root, said.sealed_at)
            != (block.last_position, bytes(block.root), block.sealed_at)
            or said.after != (after.digest if after else None)
            or (after is not None and said.origin != after.origin)
        ):
            self._lie(where, "son point de contrôle signé dit autre chose que le bloc.")
        if self.keys and key.public not in self.keys:
            self._lie(where, "son point de contrôle est signé d’une clé inconnue.")
        self.before = (block, signed)

    def _outside(self, block: SealBlock, movement_id: int) -> None:
        """A checkpoint that left the database, once its size is reached."""
        while self.against and self.against[0].checkpoint.size == self.edge.size:
            outside = self.against.popleft().checkpoint
            if outside.root != self.edge.root:
                first, last = self.agreed_size + 1, outside.size
                alone = first == last
                self._lie(
                    _Where(
                        block.number,
                        last if alone else None,
                        movement_id if alone else None,
                    ),
                    f"le point de contrôle donné ({outside.size} mouvements, empreinte "
                    f"{outside.fingerprint}) dit autre chose : "
                    + (
                        f"le mouvement n° {movement_id} n’est plus celui d’alors."
                        if alone
                        else f"l’un des mouvements des places {first} à {last} n’est plus celui "
                        "d’alors."
                    ),
                )
            self.agreed_size, self.agreed_count = outside.size, self.agreed_count + 1

    def what_is_after(self) -> None:
        """Nothing may follow the last block, and no outside checkpoint may go further."""
        if queries.last_position(self.session) != self.edge.size:
            self._lie(
                _Where(self.block_count, self.edge.size + 1),
                "une place suit le dernier bloc, ou un bloc a disparu.",
            )
        if self.against:
            outside = self.against[0].checkpoint
            self._lie(
                _Where(self.block_count + 1, self.edge.size + 1),
                f"le point de contrôle donné compte {outside.size} mouvements scellés, il n’en "
                f"reste que {self.edge.size} : la fin a disparu.",
            )

    def _lie(self, where: _Where, what: str) -> NoReturn:
        raise _Difference(where, what)
