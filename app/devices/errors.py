"""What devices are refused."""

from app.kernel.errors import Conflict, NotFound, RuleBroken, Throttled


class OfferServesNoMore(Conflict):
    """The square is unknown, expired, used or withdrawn: all look alike."""

    code = "device_offer_serves_no_more"
    sentence = (
        "Ce carré ne sert plus : il vaut quinze minutes et pour un seul appareil. "
        "Faites-en un nouveau dans « Mes appareils », puis scannez-le."
    )


class ProofRefused(RuleBroken):
    """The signature is not one of the key that is to be enrolled."""

    code = "device_proof_refused"
    sentence = (
        "L’appareil n’a pas prouvé qu’il tient la clé annoncée. "
        "Fermez l’application, rouvrez-la, puis scannez un nouveau carré."
    )


class UnknownDevice(NotFound):
    """No device has that id, or it is another organisation's."""

    code = "unknown_device"
    sentence = "Cet appareil est introuvable. Ouvrez « Mes appareils » pour voir les vôtres."


class UnknownDeviceOffer(NotFound):
    """No offer has that id, or it is somebody else's."""

    code = "unknown_device_offer"
    sentence = "Ce carré est introuvable. Faites-en un nouveau dans « Mes appareils »."


class DeviceRevokedAlready(Conflict):
    """The device was revoked before, for another reason."""

    code = "device_revoked_already"
    sentence = (
        "Cet appareil est déjà révoqué, pour un autre motif : il n’ouvre plus rien. "
        "Vérifiez dans la liste que c’est bien le bon."
    )


class TooManyOffers(Throttled):
    """Squares were made one after the other."""

    code = "too_many_device_offers"
    sentence = (
        "Vous avez fait {count} carrés en {minutes} minutes : attendez un peu, "
        "puis recommencez avec le dernier."
    )


class TooManyLists(Throttled):
    """A device asks for its list without end."""

    code = "too_many_lists"
    sentence = (
        "Cet appareil a demandé sa liste {count} fois en une heure : elle est à jour. "
        "Laissez-le attendre {minutes} minutes."
    )
