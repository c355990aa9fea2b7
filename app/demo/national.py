"""A file of the national schema as the coordinator reads it. Every place in it is invented."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from app.demo.calendar import Timeline, instant
from app.demo.world import Act, World
from app.places.service import read_places

FILE: Final = """\
id,pivot,nom,commune,code_postal,adresse,latitude,longitude,typologie,telephone,horaires,\
services,modalites_acces,date_maj,source
demo-1,,Médiathèque du Bourg (démonstration),Le Prêcheur,97250,Bourg (adresse de démonstration),\
14.801,-61.225,BIB,0536490090,"Tu-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00",\
Accès internet et matériel informatique|Loisirs et créations numériques,\
Se présenter|Téléphoner,2026-01-15,SPÉCIMEN
demo-2,,Espace numérique (démonstration),Macouba,97218,Bourg (adresse de démonstration),,,EPN,,\
sur rendez-vous,Utilisation sécurisée du numérique,Téléphoner,2026-01-15,SPÉCIMEN
demo-3,,Médiateur de démonstration 1,Gros-Morne,97213,\
Bourg (adresse de démonstration),14.706,-61.019,ASSO,0536490091,,\
Maîtrise des outils numériques du quotidien,,2026-01-15,SPÉCIMEN
demo-4,,Lieu sans adresse (démonstration),Le Robert,97231,,,,ASSO,,,Café numérique,,hier,SPÉCIMEN
demo-5,,Lieu d’ailleurs (démonstration),Fort-de-France,97200,Rue de la démonstration,,,ASSO,,,\
Utilisation sécurisée du numérique,,2026-01-15,SPÉCIMEN
"""


def acts(timeline: Timeline) -> Iterator[Act]:
    """The file is read before the opening."""
    yield Act(instant(timeline.opening(-27), 10), read_the_file)


def read_the_file(world: World, at: datetime) -> None:
    """Read it; nobody has said yet what of it the directory takes."""
    read_places(
        world.session,
        actor=world.actors["coordinator"],
        file_id=world.new_id(at),
        content=FILE.encode(),
        now=at,
    )
