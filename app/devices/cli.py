"""The command line for devices: which ones serve, how old their lists are, and revoking one."""

from uuid import UUID

import click

from app.devices import queries
from app.devices.enrolments import known_device, revoke_device
from app.devices.views import devices_told
from app.identity.device_rules import CHOSEN_REASONS, FRENCH_REASON, RevocationReason
from app.identity.rules import FROM_COMMAND, Right
from app.partners.queries import organisations_by_name
from app.terminal.desk import Desk, Group, acting, in_french
from app.terminal.values import Id


@click.group("device", cls=Group)
def device() -> None:
    """Les appareils des médiateurs, qui gardent la liste des pass pour encaisser sans réseau.

    Un appareil est ajouté depuis les pages, par un carré que le médiateur lui montre.

    Exemple : passnum device list
    """


@device.command("list")
@click.option("--mediator", metavar="NOM", help="Seulement ceux de ce médiateur.")
@click.option("--late", is_flag=True, help="Seulement ceux dont la liste est ancienne.")
@acting
def list_devices(desk: Desk, *, mediator: str | None, late: bool) -> None:
    """Montre les appareils, à qui ils sont, et de quand date leur liste.

    Exemple : passnum device list --late
    """
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session, Right.SEE_DEVICES)
        found = list(session.scalars(queries.devices(mediator_id=actor.scope)))
        if mediator is not None:
            wanted = {one.id for one in organisations_by_name(session, mediator)}
            found = [one for one in found if one.mediator_id in wanted]
        told = devices_told(session, found, now=desk.now)
    desk.table(
        [{"id": one.device.id, "mediator": one.mediator_name, "name": one.device.name,
          "list_taken_at": one.taken_at, "is_late": one.is_late, "state": one.state,
          "revoked_for": one.reason or None}
         for one in told if one.is_late or not late],
        {
            "Identifiant": lambda one: one["id"],
            "Structure": lambda one: one["mediator"],
            "Appareil": lambda one: one["name"],
            "Liste prise le": lambda one: (
                in_french(one["list_taken_at"]) if one["list_taken_at"] else "pas encore"
            ),
            "État": lambda one: (
                f"révoqué : {one['revoked_for'].lower()}" if one["revoked_for"]
                else one["state"]
            ),
        },
        none="Aucun appareil.",
    )  # fmt: skip


@device.command("revoke")
@click.argument("device_id", type=Id(), metavar="IDENTIFIANT")
@click.option(
    "--reason",
    type=click.Choice([str(reason) for reason in CHOSEN_REASONS]),
    required=True,
    help="Pourquoi : perdu, volé, remplacé, ne sert plus.",
)
@acting
def revoke(desk: Desk, *, device_id: UUID, reason: str) -> None:
    """Révoque un appareil : il n’ouvre plus rien, tout de suite et sans retour.

    Exemple : passnum device revoke 0199f2a0-1b2c-7d3e-8f40-123456789abc --reason lost
    """
    why = RevocationReason(reason)
    with desk.transaction() as session:
        actor = desk.actor(session, Right.REVOKE_DEVICE)
        made = revoke_device(
            session, actor=actor, device_id=device_id, reason=why, origin=FROM_COMMAND,
            now=desk.now,
        )  # fmt: skip
        one = known_device(session, actor=actor, device_id=device_id)
    desk.answer(f"« {one.name} » est révoqué ({FRENCH_REASON[why].lower()}).", id=made.device_id)
