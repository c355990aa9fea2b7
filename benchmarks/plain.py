"""The same writes in plain SQL: tables, checks and indexes stay, triggers and foreign keys are off.

It is what a program would say that trusts itself and needs no answer: one statement a table, over
sets, and an UPDATE of the vouchers that move. Receipts are 440 letters.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import event, insert, text, update
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.identity.rules import Actor
from app.kernel.ids import new_id
from app.ledger import Account, VoucherRange
from app.ledger.models import Movement, Posting, Voucher
from benchmarks.postgresql import Cluster

ALWAYS = """
do $$ declare ours record; begin
  for ours in select tgrelid::regclass as on_table, tgname from pg_trigger
               join pg_class on pg_class.oid = tgrelid
              where not tgisinternal and relnamespace = 'ledger'::regnamespace loop
    execute format('alter table %s enable always trigger %I', ours.on_table, ours.tgname);
  end loop;
end $$
"""
"""How the ledger's migration leaves its triggers."""
WRITTEN_TO = ("redemption_attempt", "posting", "movement", "voucher", "redemption")


@contextmanager
def postgresql(cluster: Cluster, name: str) -> Iterator[Database]:
    """A database of the cluster that believes what it is told, until the block ends."""
    off = [f"alter table {table} disable trigger all" for table in WRITTEN_TO]
    cluster.execute(*off, database=name)
    database = Database(cluster.address(name), as_owner=True)
    yield database
    database.close()
    on = [f"alter table {table} enable trigger all" for table in WRITTEN_TO]
    cluster.execute(*on, ALWAYS, database=name)


@contextmanager
def sqlite(url: str) -> Iterator[Database]:
    """A file that believes what it is told."""
    database = Database(url)
    event.listen(database.engine, "connect", lambda c, _: c.execute("pragma foreign_keys = off"))
    with database.transaction() as session:
        names = session.scalars(text("select name from sqlite_master where type = 'trigger'")).all()
        for name in names:
            session.execute(text(f"drop trigger {name}"))
    yield database
    database.close()


def allocate(
    session: Session, vouchers: VoucherRange, debit: Account, credit: Account, *, now: datetime
) -> None:
    """Move a range: a posting, a movement, and every voucher by one UPDATE."""
    act_id = new_id()
    session.execute(
        insert(Posting).values(
            id=act_id,
            kind="allocate",
            document_type="allocation",
            document_id=act_id,
            actor_id=1,
            occurred_at=now,
        )
    )
    movement_id = session.execute(
        insert(Movement)
        .values(
            posting_id=act_id,
            kind="allocate",
            first_id=vouchers.first,
            last_id=vouchers.last,
            voucher_count=vouchers.count,
            span_bits=vouchers.span_bits,
            vintage_id=debit.vintage_id,
            debit_account_id=debit.id,
            debit_kind=debit.kind,
            credit_account_id=credit.id,
            credit_kind=credit.kind,
            face_value_cents=debit.face_value_cents,
            amount_cents=vouchers.count * debit.face_value_cents,
        )
        .returning(Movement.id)
    ).scalar_one()
    session.execute(
        update(Voucher)
        .where(Voucher.id.between(vouchers.first, vouchers.last), Voucher.account_id == debit.id)
        .values(account_id=credit.id, sequence=Voucher.sequence + 1, last_movement_id=movement_id)
        .execution_options(synchronize_session=False)
    )


REDEEM = (
    """
    insert into posting (id, kind, document_type, document_id, actor_id, occurred_at)
    select id, 'redeem', 'redemption', id, :agent, :now from unnest(:ids ::uuid[]) as sent (id)
    """,
    """
    insert into movement (posting_id, kind, first_id, last_id, voucher_count, span_bits, vintage_id,
      debit_account_id, debit_kind, credit_account_id, credit_kind, face_value_cents, amount_cents)
    select sent.id, 'redeem', voucher.id, voucher.id, 1, 0, voucher.vintage_id,
           voucher.account_id, 'circulation', :credit, 'redeemed', face_value_cents,
           face_value_cents
      from unnest(:ids ::uuid[], :vouchers ::bigint[]) as sent (id, voucher_id)
      join voucher on voucher.id = sent.voucher_id
    """,
    """
    update voucher
       set account_id = :credit, sequence = sequence + 1, last_movement_id = movement.id
      from movement
     where movement.posting_id = any (:ids ::uuid[]) and voucher.id = movement.first_id
    """,
)
"""What moves passes in the ledger."""

ANSWER = (
    """
    insert into redemption_attempt
      (id, request_hash, verdict, details, mediator_id, agent_id, attempted_at)
    select id, sha256(id::text::bytea), 'accepted', '{}', :mediator, :agent, :now
      from unnest(:ids ::uuid[]) as sent (id)
    """,
    """
    insert into redemption (id, voucher_id, vintage_id, vintage_from, vintage_until,
      vintage_last_day, mediator_id, label_id, label_from, label_until, agreement_id,
      agreement_role, agreement_from, agreement_until, mediator_is_public, movement_id,
      amount_cents, redeemed_at, redeemed_on, redeemed_by, receipt)
    select movement.posting_id, movement.first_id, vintage_id, terms.valid_from, terms.valid_until,
           terms.last_redemption_on, label.organisation_id, label.id, label.valid_from,
           label.valid_until, agreement.id, agreement.role, agreement.valid_from,
           agreement.valid_until, mediator.public_body, movement.id, amount_cents, :now,
           (:now)::date, :agent, repeat('x', 440)
      from movement
      join vintage_terms as terms using (vintage_id)
      join organisation as mediator on mediator.id = :mediator
      join label on label.organisation_id = :mediator
      join agreement on agreement.organisation_id = :mediator
     where movement.posting_id = any (:ids ::uuid[])
    """,
)
"""What else a batch of redemptions writes: the answers, and what is owed to whom and why."""


def redeem(
    session: Session,
    vouchers: Sequence[int],
    *,
    actor: Actor,
    credit_account_id: int,
    now: datetime,
) -> None:
    """Redeem passes at a mediator that is no public body, and has one label and one agreement."""
    parameters = {
        "ids": [new_id() for _ in vouchers],
        "vouchers": list(vouchers),
        "agent": actor.agent_id,
        "mediator": actor.organisation_id,
        "credit": credit_account_id,
        "now": now,
    }
    for statement in (*REDEEM, *ANSWER):
        session.execute(text(statement), parameters)
