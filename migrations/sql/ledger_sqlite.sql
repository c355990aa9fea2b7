-- The ledger core, SQLite 3.38 or later: the same tables, names and promises as ledger_postgresql.sql, which explains them.
-- Here only what differs.
--
-- SQLite has no roles, and each connection decides for itself whether foreign keys hold (the shell leaves them off), so
-- triggers repeat the keys. It also lets INSERT OR REPLACE delete a row without firing a DELETE trigger unless that
-- connection has recursive_triggers on, so an insert whose keys exist already is refused before it starts, and with the
-- name of the key, which SQLite's own message does not give. A trigger that refuses for several reasons asks once
-- whether all is well, and looks for the reason only when it is not.
-- Every connection of the application: journal_mode=WAL, synchronous=FULL, foreign_keys=ON, recursive_triggers=ON, BEGIN IMMEDIATE.

-- ── The chart ─────────────────────────────────────────────────────────────────────────────────────────────────────
-- Ids are positive: a trigger sees a row that has no id yet as number -1.

create table vintage (
  id integer constraint vintage_id_is_positive check (id > 0) primary key,
  face_value_cents integer not null constraint vintage_is_worth_something check (face_value_cents > 0),
  constraint vintage_has_one_face_value unique (id, face_value_cents)
) strict;

create table account_kind (kind text primary key) strict, without rowid;
insert into account_kind values ('issuer'), ('stock_inert'), ('stock'), ('transit'), ('prescriber'), ('circulation'),
  ('withheld'), ('redeemed'), ('claimed'), ('settled'), ('blocked'), ('void'), ('expired'), ('credited');

create table account (
  id integer constraint account_id_is_positive check (id > 0) primary key,
  kind text not null constraint account_kind_is_known references account_kind,
  party_id blob not null,
  counterparty_id blob not null,
  vintage_id integer not null constraint account_vintage_is_known references vintage,
  constraint account_party_is_16_bytes check (length(party_id) = 16 and length(counterparty_id) = 16),
  constraint account_of_transit_has_two_parties check ((kind = 'transit') = (counterparty_id <> party_id)),
  constraint account_is_one_per_kind_parties_vintage unique (kind, party_id, counterparty_id, vintage_id),
  constraint account_names_its_kind_and_vintage unique (id, kind, vintage_id)
) strict;

create table transition (
  kind text not null,
  from_account_kind text not null references account_kind,
  to_account_kind text not null references account_kind,
  primary key (kind, from_account_kind, to_account_kind)
) strict, without rowid;
insert into transition values
  ('receive', 'issuer', 'stock_inert'), ('reverse', 'stock_inert', 'issuer'),
  ('activate', 'stock_inert', 'stock'), ('reverse', 'stock', 'stock_inert'),
  ('allocate', 'stock', 'transit'), ('reverse', 'transit', 'stock'),
  ('accept', 'transit', 'prescriber'), ('reverse', 'prescriber', 'transit'),
  ('transfer', 'prescriber', 'transit'),
  ('return', 'prescriber', 'transit'), ('return', 'transit', 'prescriber'), ('return', 'transit', 'stock'),
  ('issue', 'prescriber', 'circulation'), ('reverse', 'circulation', 'prescriber'),
  ('replace', 'stock', 'circulation'), ('replace', 'prescriber', 'circulation'),
  ('redeem', 'circulation', 'redeemed'), ('undo', 'redeemed', 'circulation'),
  ('claim', 'redeemed', 'claimed'), ('reverse', 'claimed', 'redeemed'),
  ('settle', 'claimed', 'settled'), ('reverse', 'settled', 'claimed'),
  ('clawback', 'settled', 'circulation'), ('clawback', 'settled', 'expired'),
  ('block', 'stock_inert', 'blocked'), ('reverse', 'blocked', 'stock_inert'),
  ('block', 'stock', 'blocked'), ('reverse', 'blocked', 'stock'),
  ('block', 'transit', 'blocked'), ('reverse', 'blocked', 'transit'),
  ('block', 'prescriber', 'blocked'), ('reverse', 'blocked', 'prescriber'),
  ('block', 'circulation', 'blocked'), ('reverse', 'blocked', 'circulation'),
  ('void', 'blocked', 'void'),
  ('withhold', 'stock_inert', 'withheld'), ('reverse', 'withheld', 'stock_inert'),
  ('withhold', 'stock', 'withheld'), ('reverse', 'withheld', 'stock'),
  ('withhold', 'transit', 'withheld'), ('reverse', 'withheld', 'transit'),
  ('withhold', 'prescriber', 'withheld'), ('reverse', 'withheld', 'prescriber'),
  -- Nothing ever leaves 'expired' but a credit.
  ('expire', 'stock_inert', 'expired'), ('expire', 'stock', 'expired'), ('expire', 'transit', 'expired'),
  ('expire', 'prescriber', 'expired'), ('expire', 'circulation', 'expired'), ('expire', 'withheld', 'expired'),
  ('expire', 'blocked', 'expired'),
  ('credit', 'expired', 'credited'), ('credit', 'void', 'credited');

-- ── Vouchers, postings, movements ─────────────────────────────────────────────────────────────────────────────────

create table voucher (
  id integer constraint voucher_id_is_positive check (id > 0) constraint voucher_id_is_one_voucher primary key,
  vintage_id integer not null,
  serial integer not null constraint voucher_serial_is_positive check (serial > 0),
  booklet_id integer not null,
  face_value_cents integer not null,
  code_hash blob not null constraint voucher_code_is_one_voucher unique,
  account_id integer not null,
  sequence integer not null default 0,
  last_movement_id integer,
  constraint voucher_serial_is_one_voucher unique (vintage_id, serial),
  constraint voucher_code_is_a_digest check (length(code_hash) = 32),  -- never the code itself
  constraint voucher_is_in_its_booklet check (booklet_id > 0 and booklet_id <= id and id - booklet_id < 10),
  constraint voucher_sequence_counts_movements check ((sequence = 0) = (last_movement_id is null))
) strict;
create index voucher_by_account on voucher (account_id, id);

-- Transactions have no number here. Acts are written one after the other instead, "ordinal" is that order, and only the
-- latest one that moved anything, or a newer one, takes lines.
create table posting (
  ordinal integer primary key,
  id blob not null constraint posting_is_sent_once unique,
  kind text not null,
  document_type text not null,
  document_id blob not null,
  actor_id integer not null,
  occurred_at text not null,
  recorded_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  constraint posting_ids_are_16_bytes check (length(id) = 16 and length(document_id) = 16),
  -- One spelling of an instant, or its text would not sort like it. The idle modifier makes SQLite compute the day, so
  -- that a 30 February comes out as another text.
  constraint posting_instants_are_utc check (
        occurred_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
    and strftime('%Y-%m-%dT%H:%M:%S', substr(occurred_at, 1, 19), '+0 days') is substr(occurred_at, 1, 19)
    and recorded_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
    and strftime('%Y-%m-%dT%H:%M:%S', substr(recorded_at, 1, 19), '+0 days') is substr(recorded_at, 1, 19))
) strict;
create index posting_by_document on posting (document_id) where document_id <> id;
create index posting_by_recorded_at on posting (recorded_at);

create table movement (
  id integer primary key,  -- without AUTOINCREMENT: rows are never deleted, and a trigger keeps ids without a gap
  posting_id blob not null,
  kind text not null,
  first_id integer not null,
  last_id integer not null,
  voucher_count integer not null,
  span_bits integer not null,
  vintage_id integer not null,
  debit_account_id integer not null,
  debit_kind text not null,
  credit_account_id integer not null,
  credit_kind text not null,
  face_value_cents integer not null,
  amount_cents integer not null,
  reverses_id integer,
  constraint movement_counts_its_range check (voucher_count > 0 and voucher_count = last_id - first_id + 1),
  constraint movement_span_is_the_size_of_its_range check (span_bits between 0 and 30
    and voucher_count >= (1 << span_bits) and voucher_count < (2 << span_bits)),
  constraint movement_amount_is_count_times_face_value check (amount_cents = voucher_count * face_value_cents),
  constraint movement_goes_somewhere_else check (debit_account_id <> credit_account_id),
  constraint movement_that_reverses_names_what check ((kind = 'reverse') = (reverses_id is not null)),
  constraint movement_posting foreign key (posting_id) references posting (id),
  constraint movement_debit_account foreign key (debit_account_id, debit_kind, vintage_id) references account (id, kind, vintage_id),
  constraint movement_credit_account foreign key (credit_account_id, credit_kind, vintage_id) references account (id, kind, vintage_id),
  constraint movement_face_value foreign key (vintage_id, face_value_cents) references vintage (id, face_value_cents),
  constraint movement_transition foreign key (kind, debit_kind, credit_kind) references transition,
  constraint movement_mirror_target unique (id, debit_account_id, credit_account_id),
  constraint movement_reverses_its_mirror foreign key (reverses_id, credit_account_id, debit_account_id)
    references movement (id, debit_account_id, credit_account_id)
) strict;
create index movement_by_span on movement (span_bits, first_id);
create index movement_by_debit on movement (debit_account_id, id);
create index movement_by_credit on movement (credit_account_id, id);
create index movement_by_posting on movement (posting_id);
create index movement_by_reversed on movement (reverses_id) where reverses_id is not null;

-- ── Before a movement: nothing is replaced, and the keys hold whatever this connection's pragmas say ─────────────

create trigger movement_is_never_replaced before insert on movement
when exists (select 1 from movement where id = new.id)
begin
  select raise(abort, 'movement_is_never_changed');
end;

-- The checks of a row come after this trigger, so it must not stumble over what they refuse (an account to itself).
create trigger movement_follows_the_chart before insert on movement
when not exists (
    select 1 from posting, account debit, account credit, vintage, transition
     where posting.id = new.posting_id
       and posting.ordinal >= coalesce((select ordinal from posting where id = (select posting_id from movement order by id desc limit 1)), 0)
       and debit.id = new.debit_account_id and debit.kind = new.debit_kind and debit.vintage_id = new.vintage_id
       and credit.id = new.credit_account_id and credit.kind = new.credit_kind and credit.vintage_id = new.vintage_id
       and vintage.id = new.vintage_id and vintage.face_value_cents = new.face_value_cents
       and transition.kind = new.kind and transition.from_account_kind = new.debit_kind and transition.to_account_kind = new.credit_kind
       and (new.kind not in ('allocate', 'accept', 'transfer', 'return', 'issue', 'replace', 'claim', 'settle', 'block', 'void',
           'withhold', 'expire', 'credit')
         or new.credit_kind = 'stock' or (new.kind, new.debit_kind) = ('replace', 'stock')
         or credit.party_id = case when new.kind = 'accept' then debit.counterparty_id else debit.party_id end))
  or (new.reverses_id is not null and not exists (
    select 1 from movement
     where id = new.reverses_id and reverses_id is null
       and debit_account_id = new.credit_account_id and credit_account_id = new.debit_account_id))
begin
  select raise(abort, 'movement_reverses_no_reversal')
   where exists (select 1 from movement where id = new.reverses_id and reverses_id is not null);
  select raise(abort, 'movement_posting') where not exists (select 1 from posting where id = new.posting_id);
  select raise(abort, 'movement_debit_account')
   where not exists (select 1 from account where id = new.debit_account_id and kind = new.debit_kind and vintage_id = new.vintage_id);
  select raise(abort, 'movement_credit_account')
   where not exists (select 1 from account where id = new.credit_account_id and kind = new.credit_kind and vintage_id = new.vintage_id);
  select raise(abort, 'movement_face_value')
   where not exists (select 1 from vintage where id = new.vintage_id and face_value_cents = new.face_value_cents);
  select raise(abort, 'movement_transition')
   where not exists (select 1 from transition
                      where kind = new.kind and from_account_kind = new.debit_kind and to_account_kind = new.credit_kind);
  select raise(abort, 'movement_reverses_its_mirror')
   where new.reverses_id is not null and not exists (
     select 1 from movement
      where id = new.reverses_id and debit_account_id = new.credit_account_id and credit_account_id = new.debit_account_id);
  select raise(abort, 'posting_takes_no_late_lines')
   where (select ordinal from posting where id = new.posting_id)
       < (select ordinal from posting where id = (select posting_id from movement order by id desc limit 1));
  select raise(abort, 'movement_keeps_to_its_parties');
end;

-- ── After it: exactly its vouchers move ───────────────────────────────────────────────────────────────────────────

create trigger movement_moves_vouchers after insert on movement
begin
  select raise(abort, 'movement_takes_the_next_id') where new.id <> 1 + coalesce((select max(id) from movement where id < new.id), 0);
  update voucher
     set account_id = new.credit_account_id, sequence = sequence + 1, last_movement_id = new.id
   where id between new.first_id and new.last_id
     and account_id = new.debit_account_id
     and (last_movement_id is null or last_movement_id < new.id)
     and (new.reverses_id is null or last_movement_id = new.reverses_id);
  select raise(abort, 'movement_moves_all_its_vouchers') where changes() <> new.voucher_count;
  select raise(abort, 'movement_moves_whole_booklets')
   where (new.kind in ('allocate', 'accept', 'transfer', 'return', 'issue') or (new.kind = 'reverse'
     and (new.debit_kind, new.credit_kind) in (values ('transit', 'stock'), ('prescriber', 'transit'), ('circulation', 'prescriber'))))
     and (exists (select 1 from voucher where id = new.first_id and booklet_id <> id)
       or exists (select 1 from voucher where id = new.last_id + 1 and booklet_id <> id));
  select raise(abort, 'movement_undone_goes_back_where_it_came_from')
   where new.kind in ('undo', 'clawback') and exists (
     select 1 from voucher gone
      where gone.id between new.first_id and new.last_id
        and (select giver.party_id
               from (select column1 as bits from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14),
                      (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30))) span,
                    movement redeemed, account giver
              where redeemed.span_bits = span.bits and redeemed.kind = 'redeem'
                and redeemed.first_id between gone.id - (2 << span.bits) + 2 and gone.id
                and redeemed.last_id >= gone.id and giver.id = redeemed.debit_account_id
              order by redeemed.id desc limit 1)
            is not (select party_id from account where id = new.credit_account_id));
end;

-- There is no trigger depth to ask for here, and a lookup for each voucher is cheap: the full check stands in the trigger.
create trigger voucher_moves_by_a_movement before update on voucher
when new.sequence <> old.sequence + 1
  or new.last_movement_id is null
  or new.last_movement_id <= coalesce(old.last_movement_id, 0)
  or not exists (
    select 1 from movement
     where id = new.last_movement_id and old.id between first_id and last_id
       and debit_account_id = old.account_id and credit_account_id = new.account_id)
begin
  select raise(abort, 'voucher_moves_by_a_movement');
end;

create trigger voucher_identity_is_never_changed
before update of id, vintage_id, serial, booklet_id, face_value_cents, code_hash on voucher
begin
  select raise(abort, 'voucher_identity_is_never_changed');
end;

create trigger voucher_starts_with_the_issuer before insert on voucher
when new.sequence <> 0 or new.last_movement_id is not null
  or exists (select 1 from voucher where id = new.id or code_hash = new.code_hash or (vintage_id = new.vintage_id and serial = new.serial))
  or not exists (
    select 1 from account join vintage on vintage.id = account.vintage_id
     where account.id = new.account_id and account.kind = 'issuer'
       and vintage.id = new.vintage_id and vintage.face_value_cents = new.face_value_cents)
begin
  select raise(abort, 'voucher_id_is_one_voucher') where exists (select 1 from voucher where id = new.id);
  select raise(abort, 'voucher_serial_is_one_voucher')
   where exists (select 1 from voucher where vintage_id = new.vintage_id and serial = new.serial);
  select raise(abort, 'voucher_code_is_one_voucher') where exists (select 1 from voucher where code_hash = new.code_hash);
  select raise(abort, 'voucher_starts_with_the_issuer');
end;

-- ── What is written once ──────────────────────────────────────────────────────────────────────────────────────────

create trigger movement_is_never_updated before update on movement begin select raise(abort, 'movement_is_never_changed'); end;
create trigger movement_is_never_deleted before delete on movement begin select raise(abort, 'movement_is_never_changed'); end;
create trigger posting_is_never_updated before update on posting begin select raise(abort, 'posting_is_never_changed'); end;
create trigger posting_is_never_deleted before delete on posting begin select raise(abort, 'posting_is_never_changed'); end;
create trigger posting_is_never_replaced before insert on posting
when exists (select 1 from posting where id = new.id or ordinal = new.ordinal)
begin
  select raise(abort, 'posting_is_sent_once') where exists (select 1 from posting where id = new.id);
  select raise(abort, 'posting_is_never_changed');
end;
create trigger posting_takes_the_next_ordinal after insert on posting
when new.ordinal <> 1 + coalesce((select max(ordinal) from posting where ordinal < new.ordinal), 0)
begin select raise(abort, 'posting_takes_the_next_ordinal'); end;
create trigger voucher_is_never_deleted before delete on voucher begin select raise(abort, 'voucher_is_never_deleted'); end;
create trigger account_is_never_updated before update on account begin select raise(abort, 'account_is_never_changed'); end;
create trigger account_is_never_deleted before delete on account begin select raise(abort, 'account_is_never_changed'); end;
create trigger account_is_never_replaced before insert on account
when exists (select 1 from account where id = new.id)
  or exists (select 1 from account
              where kind = new.kind and party_id = new.party_id and counterparty_id = new.counterparty_id and vintage_id = new.vintage_id)
  or not exists (select 1 from account_kind where kind = new.kind)
  or not exists (select 1 from vintage where id = new.vintage_id)
begin
  select raise(abort, 'account_is_never_changed') where exists (select 1 from account where id = new.id);
  select raise(abort, 'account_kind_is_known') where not exists (select 1 from account_kind where kind = new.kind);
  select raise(abort, 'account_vintage_is_known') where not exists (select 1 from vintage where id = new.vintage_id);
  select raise(abort, 'account_is_one_per_kind_parties_vintage');
end;
create trigger vintage_is_never_updated before update on vintage begin select raise(abort, 'vintage_is_never_changed'); end;
create trigger vintage_is_never_deleted before delete on vintage begin select raise(abort, 'vintage_is_never_changed'); end;
create trigger vintage_is_never_replaced before insert on vintage
when exists (select 1 from vintage where id = new.id)
begin select raise(abort, 'vintage_is_never_changed'); end;
create trigger account_kind_is_never_inserted before insert on account_kind begin select raise(abort, 'account_kind_is_never_changed'); end;
create trigger account_kind_is_never_updated before update on account_kind begin select raise(abort, 'account_kind_is_never_changed'); end;
create trigger account_kind_is_never_deleted before delete on account_kind begin select raise(abort, 'account_kind_is_never_changed'); end;
create trigger transition_is_never_inserted before insert on transition begin select raise(abort, 'transition_is_never_changed'); end;
create trigger transition_is_never_updated before update on transition begin select raise(abort, 'transition_is_never_changed'); end;
create trigger transition_is_never_deleted before delete on transition begin select raise(abort, 'transition_is_never_changed'); end;

-- ── Knowing that the above is still there ─────────────────────────────────────────────────────────────────────────

-- Empty when all is well; read when the application starts, on its own connection (the pragmas are that connection's).
create view fault as
with core (name) as (values ('vintage'), ('account_kind'), ('account'), ('transition'), ('voucher'), ('posting'), ('movement')),
  expected (name) as (values
    ('movement_is_never_replaced'), ('movement_follows_the_chart'), ('movement_moves_vouchers'), ('movement_is_never_updated'),
    ('movement_is_never_deleted'), ('posting_is_never_updated'), ('posting_is_never_deleted'), ('posting_is_never_replaced'),
    ('posting_takes_the_next_ordinal'), ('voucher_moves_by_a_movement'), ('voucher_identity_is_never_changed'),
    ('voucher_starts_with_the_issuer'), ('voucher_is_never_deleted'), ('account_is_never_updated'), ('account_is_never_deleted'),
    ('account_is_never_replaced'), ('vintage_is_never_updated'), ('vintage_is_never_deleted'), ('vintage_is_never_replaced'),
    ('account_kind_is_never_inserted'), ('account_kind_is_never_updated'), ('account_kind_is_never_deleted'),
    ('transition_is_never_inserted'), ('transition_is_never_updated'), ('transition_is_never_deleted'))
select 'table missing' as what, name as which from core where name not in (select name from sqlite_schema where type = 'table')
union all
select 'trigger missing', name from expected where name not in (select name from sqlite_schema where type = 'trigger')
union all
select 'trigger that nobody expects', name from sqlite_schema
 where type = 'trigger' and tbl_name in (select name from core) and name not in (select name from expected)
union all
select 'foreign keys are off on this connection', '' from pragma_foreign_keys where foreign_keys = 0
union all
select 'recursive triggers are off on this connection', '' from pragma_recursive_triggers where recursive_triggers = 0
union all
select 'checks are ignored on this connection', '' from pragma_ignore_check_constraints where ignore_check_constraints = 1
union all
select 'the schema may be rewritten on this connection', '' from pragma_writable_schema where writable_schema = 1;

-- The rules as text, for the application to hash and compare with what its release expects (SQLite has no digest function).
create view fingerprint as
select group_concat(line, char(10)) as rules from (
  select coalesce(sql, '') as line from sqlite_schema
   where tbl_name in ('movement', 'posting', 'voucher', 'account', 'vintage', 'account_kind', 'transition')
      or name in ('fault', 'fingerprint', 'voucher_astray')
  union all select kind || ' ' || from_account_kind || ' ' || to_account_kind from transition
  union all select kind from account_kind
  order by line);

create view voucher_astray as
select v.id from voucher v
  left join movement m on m.id = v.last_movement_id
  left join account a on a.id = v.account_id
 where (m.id is null and (v.sequence <> 0 or a.kind is not 'issuer'))
    or (m.id is not null and (v.account_id <> m.credit_account_id or v.id not between m.first_id and m.last_id
        or v.vintage_id <> m.vintage_id or v.face_value_cents <> m.face_value_cents));
