"""From a pass given to a mediator to a mediator paid."""

from functools import cache, partial
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import (
    lookups,
    payment_queries,
    payments,
    redemption_queries,
    redemptions,
    run_queries,
    runs,
    sessions,
    standing_queries,
    statements,
    undoing,
)
from app.clearing.models import (
    Payment,
    PaymentRejection,
    StatementCertification,
    StatementWithdrawal,
)
from app.clearing.receipts import ReceiptSigner
from app.clearing.redemption_models import RedemptionReversal
from app.clearing.redemptions import Scan
from app.clearing.schemas import (
    ApproveStatementRequestSchema,
    BatchRequestSchema,
    BatchSchema,
    CertificationRequestSchema,
    CertificationSchema,
    CheckSchema,
    ClearingPreviewRequestSchema,
    ClearingPreviewSchema,
    ClearingRunPageSchema,
    ClearingRunRequestSchema,
    LookupRequestSchema,
    PaymentOrderPageSchema,
    PaymentOrderRequestSchema,
    PaymentOrderSchema,
    PaymentRequestSchema,
    PaymentSchema,
    RedemptionPageSchema,
    RedemptionRequestSchema,
    RedemptionSchema,
    RejectionRequestSchema,
    RejectionSchema,
    ReversalRequestSchema,
    ReversalSchema,
    StatementPageQuery,
    StatementPageSchema,
    StatementSchema,
    WholeClearingRunSchema,
    WithdrawalRequestSchema,
    WithdrawalSchema,
)
from app.clearing.standing_queries import Filter
from app.clearing.statements import PassRange
from app.clearing.views import (
    check_shown,
    payment_orders_shown,
    preview_shown,
    redemption_shown,
    redemptions_shown,
    run_shown,
    runs_shown,
    statements_shown,
    verdict_shown,
)
from app.identity.rules import Right
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import FOR_DEVICES, current_actor, started_at
from app.web.transaction import (
    current_settings,
    in_transaction,
    in_transactions_of_its_own,
)

routes = Routes("clearing", "Encaissements, liquidation, bordereaux et paiements.")
bp = routes.blueprint
FOR_DEVICES.update({"clearing.redeem_voucher", "clearing.redeem_vouchers"})


@cache
def signer_of(key_dir: Path) -> ReceiptSigner:
    """Who signs receipts with the key of that folder; the file is read once."""
    return ReceiptSigner(key_dir)


def scan_of(redemption_id: UUID, body: Json) -> Scan:
    """A pass as it was sent; without an instant, the session is now."""
    return Scan(redemption_id, body["code"], body["redeemed_at"] or started_at())


@routes.post(
    "/vouchers/lookup",
    "Vérifier un pass par son code",
    right=Right.CHECK_VOUCHER,
    body=LookupRequestSchema,
    answer=CheckSchema,
    status=200,
    refuses=(404, 429),
    description="Dit si le pass serait pris maintenant. Rien ne bouge.",
)
def look_up_voucher(body: Json) -> Json:
    """Tell a mediator what a pass is worth. An unknown code counts as a guess, and is kept."""
    check = in_transaction(
        lambda session: lookups.check_voucher(
            session, actor=current_actor(), code=body["code"], now=started_at()
        )
    )
    return check_shown(check)


@routes.post(
    "/redemptions",
    "Encaisser un pass",
    right=Right.REDEEM,
    body=RedemptionRequestSchema,
    answer=RedemptionSchema,
    refuses=(404, 409, 429),
    description="Un refus est définitif pour son identifiant : renvoyer la même demande donne "
    "la même réponse, et l’état présent de l’encaissement.",
)
def redeem_voucher(body: Json) -> Json:
    """Take one pass. A refusal is written down before it is answered."""
    scan = scan_of(id_of_request(body), body)
    verdict = in_transaction(
        lambda session: sessions.redeem_one_for_session(
            session,
            actor=current_actor(),
            session_id=body["session_id"],
            scan=scan,
            signer=signer_of(current_settings().key_dir),
            now=started_at(),
        )
    )
    return redemption_shown(verdict.accepted(), undone=verdict.undone)


@routes.post(
    "/redemptions/batch",
    "Encaisser jusqu’à mille pass",
    right=Right.REDEEM,
    body=BatchRequestSchema,
    answer=BatchSchema,
    status=200,
    refuses=(404, 409, 429),
    description="Un verdict pour chaque pass, dans l’ordre envoyé ; un refus n’arrête pas les "
    "autres. Renvoyer le même lot donne les mêmes verdicts. Après trop de codes inconnus, les pass "
    "suivants ne sont pas regardés (`too_many_guesses`) : renvoyez-les plus tard.",
)
def redeem_vouchers(body: Json) -> Json:
    """Take many passes, a verdict for each."""
    scans = [scan_of(sent["id"], sent) for sent in body["redemptions"]]
    verdicts = in_transaction(
        lambda session: sessions.redeem_for_session(
            session,
            actor=current_actor(),
            session_id=body["session_id"],
            scans=scans,
            signer=signer_of(current_settings().key_dir),
            now=started_at(),
        )
    )
    return {"verdicts": [verdict_shown(verdict) for verdict in verdicts]}


@routes.get(
    "/redemptions",
    "Lister les encaissements",
    right=Right.SEE_REDEMPTIONS,
    query=UuidPageQuery,
    answer=RedemptionPageSchema,
)
def list_redemptions(query: Json) -> Json:
    """Redemptions in the order of their ids; a mediator's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                redemption_queries.redemptions_after,
                session,
                query["after"],
                mediator_id=current_actor().scope,
            ),
            partial(redemptions_shown, session),
        )
    )


@routes.get(
    "/redemptions/<uuid:redemption_id>",
    "Lire un encaissement",
    right=Right.SEE_REDEMPTIONS,
    answer=RedemptionSchema,
)
def read_redemption(redemption_id: UUID) -> Json:
    """One redemption, with its receipt."""

    def work(session: Session) -> list[Json]:
        redemption = redemptions.known_redemption(
            session, actor=current_actor(), redemption_id=redemption_id
        )
        return redemptions_shown(session, [redemption])

    return in_transaction(work)[0]


@routes.post(
    "/redemptions/<uuid:redemption_id>/reversal",
    "Annuler un encaissement",
    right=Right.UNDO_REDEMPTION,
    body=ReversalRequestSchema,
    answer=ReversalSchema,
    description="Tant qu’aucun bordereau ne le porte, ou une fois retiré d’un projet : par le "
    "médiateur, ou par la collectivité. La personne peut se resservir du pass.",
)
def undo_redemption(body: Json, redemption_id: UUID) -> RedemptionReversal:
    """Give the person the pass back."""
    return in_transaction(
        lambda session: undoing.undo_redemption(
            session,
            actor=current_actor(),
            reversal_id=id_of_request(body),
            redemption_id=redemption_id,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/clearing-runs",
    "Lancer une liquidation",
    right=Right.PREPARE_CLEARING,
    body=ClearingRunRequestSchema,
    answer=WholeClearingRunSchema,
    refuses=(404,),
    description="Rassemble tout ce qui n’est sur aucun bordereau, un projet par médiateur. "
    "Une liquidation interrompue se termine en la renvoyant.",
)
def run_clearing(body: Json) -> Json:
    """Gather what waits into drafts, one transaction a mediator."""
    actor, run_id = current_actor(), id_of_request(body)
    run = in_transactions_of_its_own(
        lambda database: runs.run_clearing(
            database, actor=actor, run_id=run_id, now=started_at(), **body
        )
    )
    return in_transaction(lambda session: run_shown(session, run, actor=actor))


@routes.post(
    "/clearing-runs/preview",
    "Voir ce qu’une liquidation prendrait",
    right=Right.PREPARE_CLEARING,
    body=ClearingPreviewRequestSchema,
    answer=ClearingPreviewSchema,
    status=200,
    refuses=(404,),
    description="Par médiateur, et ce qui serait retenu, avec la raison. Rien n’est écrit.",
)
def preview_clearing(body: Json) -> Json:
    """What a run would take, and what would be held."""
    return in_transaction(
        lambda session: preview_shown(
            runs.preview_clearing(session, actor=current_actor(), now=started_at(), **body)
        )
    )


@routes.get(
    "/clearing-runs",
    "Lister les liquidations",
    right=Right.SEE_STATEMENTS,
    query=UuidPageQuery,
    answer=ClearingRunPageSchema,
)
def list_clearing_runs(query: Json) -> Json:
    """Runs in the order of their ids; a mediator is told of its own statements only."""
    return in_transaction(
        lambda session: page(
            query,
            partial(run_queries.runs_after, session, query["after"]),
            partial(runs_shown, session, actor=current_actor()),
        )
    )


@routes.get(
    "/clearing-runs/<uuid:run_id>",
    "Lire une liquidation",
    right=Right.SEE_STATEMENTS,
    answer=WholeClearingRunSchema,
)
def read_clearing_run(run_id: UUID) -> Json:
    """One run, with its statements."""
    return in_transaction(
        lambda session: run_shown(session, runs.known_run(session, run_id), actor=current_actor())
    )


@routes.get(
    "/statements",
    "Lister les bordereaux",
    right=Right.SEE_STATEMENTS,
    query=StatementPageQuery,
    answer=StatementPageSchema,
)
def list_statements(query: Json) -> Json:
    """Statements in the order of their ids; a mediator's own, whatever it asks for."""
    asked = Filter(
        mediator_id=current_actor().scope or query["mediator_id"],
        programme_id=query["programme_id"],
        state=query["state"],
    )
    return in_transaction(
        lambda session: page(
            query,
            partial(standing_queries.statements_after, session, query["after"], asked=asked),
            partial(statements_shown, session),
        )
    )


def statement_shown(session: Session, statement_id: UUID) -> Json:
    """One statement, for those whose business it is."""
    standing = statements.known_standing(session, actor=current_actor(), statement_id=statement_id)
    [told] = statements_shown(session, [standing])
    return told


@routes.get(
    "/statements/<uuid:statement_id>",
    "Lire un bordereau",
    right=Right.SEE_STATEMENTS,
    answer=StatementSchema,
)
def read_statement(statement_id: UUID) -> Json:
    """One statement, with its lines and its state."""
    return in_transaction(lambda session: statement_shown(session, statement_id))


@routes.post(
    "/statements/<uuid:statement_id>/withdrawals",
    "Retirer des pass d’un projet de bordereau",
    right=Right.PREPARE_CLEARING,
    body=WithdrawalRequestSchema,
    answer=WithdrawalSchema,
    description="Le projet a une nouvelle version ; les pass attendent la prochaine liquidation. "
    "Qui retire ne peut plus approuver.",
)
def withdraw_passes(body: Json, statement_id: UUID) -> StatementWithdrawal:
    """Take passes off a draft, with a reason."""
    passes = [PassRange(**sent) for sent in body.pop("passes")]
    return in_transaction(
        lambda session: statements.withdraw_passes(
            session,
            actor=current_actor(),
            withdrawal_id=id_of_request(body),
            statement_id=statement_id,
            passes=passes,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/statements/<uuid:statement_id>/certification",
    "Certifier un bordereau",
    right=Right.CERTIFY_STATEMENT,
    body=CertificationRequestSchema,
    answer=CertificationSchema,
    description="« Je certifie que les accompagnements énumérés ont été réalisés » : par le "
    "médiateur, pour la version qu’il a lue.",
)
def certify_statement(body: Json, statement_id: UUID) -> StatementCertification:
    """The mediator certifies that the support was given."""
    return in_transaction(
        lambda session: statements.certify_statement(
            session,
            actor=current_actor(),
            certification_id=id_of_request(body),
            statement_id=statement_id,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/statements/<uuid:statement_id>/approve",
    "Approuver un bordereau",
    right=Right.APPROVE_STATEMENT,
    body=ApproveStatementRequestSchema,
    answer=StatementSchema,
    status=200,
    refuses=(409,),
    description="Lui donne son numéro et fige le compte à payer.",
)
def approve_statement(body: Json, statement_id: UUID) -> Json:
    """Approve what somebody else prepared, at the version and total that were read."""

    def work(session: Session) -> Json:
        statements.approve_statement(
            session, actor=current_actor(), statement_id=statement_id, now=started_at(), **body
        )
        return statement_shown(session, statement_id)

    return in_transaction(work)


@routes.post(
    "/payment-orders",
    "Demander le paiement d’un bordereau",
    right=Right.ORDER_PAYMENT,
    body=PaymentOrderRequestSchema,
    answer=PaymentOrderSchema,
    refuses=(404,),
    description="Le mandat de la collectivité. Quand l’émetteur paie les médiateurs, l’envoi du "
    "bordereau à l’émetteur : la collectivité, qui l’a payé avec la commande, ne mandate rien.",
)
def order_payment(body: Json) -> Json:
    """Order the accountant to pay an approved statement."""

    def work(session: Session) -> list[Json]:
        order = payments.order_payment(
            session,
            actor=current_actor(),
            payment_order_id=id_of_request(body),
            now=started_at(),
            **body,
        )
        return payment_orders_shown(session, [order])

    return in_transaction(work)[0]


@routes.get(
    "/payment-orders",
    "Lister les demandes de paiement",
    right=Right.SEE_STATEMENTS,
    query=UuidPageQuery,
    answer=PaymentOrderPageSchema,
)
def list_payment_orders(query: Json) -> Json:
    """Payment orders in the order of their ids; a mediator's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                payment_queries.payment_orders_after,
                session,
                query["after"],
                mediator_id=current_actor().scope,
            ),
            partial(payment_orders_shown, session),
        )
    )


@routes.get(
    "/payment-orders/<uuid:payment_order_id>",
    "Lire une demande de paiement",
    right=Right.SEE_STATEMENTS,
    answer=PaymentOrderSchema,
)
def read_payment_order(payment_order_id: UUID) -> Json:
    """One payment order, and whether it is paid."""

    def work(session: Session) -> list[Json]:
        order = payments.known_payment_order(
            session, actor=current_actor(), payment_order_id=payment_order_id
        )
        return payment_orders_shown(session, [order])

    return in_transaction(work)[0]


@routes.post(
    "/payment-orders/<uuid:payment_order_id>/payment",
    "Enregistrer un paiement",
    right=Right.RECORD_PAYMENT,
    body=PaymentRequestSchema,
    answer=PaymentSchema,
    description="Celui du comptable, ou de l’émetteur quand il paie les médiateurs. Par une "
    "troisième personne ; les pass du bordereau sont alors payés.",
)
def record_payment(body: Json, payment_order_id: UUID) -> Payment:
    """Record that the accountant paid."""
    return in_transaction(
        lambda session: payments.record_payment(
            session,
            actor=current_actor(),
            payment_id=id_of_request(body),
            payment_order_id=payment_order_id,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/payment-orders/<uuid:payment_order_id>/rejection",
    "Enregistrer un rejet",
    right=Right.RECORD_PAYMENT,
    body=RejectionRequestSchema,
    answer=RejectionSchema,
    description="De la banque, du comptable ou de l’émetteur. Ce qui était payé ne l’est plus ; le "
    "paiement du même bordereau peut être demandé de nouveau.",
)
def reject_payment(body: Json, payment_order_id: UUID) -> PaymentRejection:
    """Record that the money did not arrive."""
    return in_transaction(
        lambda session: payments.reject_payment(
            session,
            actor=current_actor(),
            rejection_id=id_of_request(body),
            payment_order_id=payment_order_id,
            now=started_at(),
            **body,
        )
    )
