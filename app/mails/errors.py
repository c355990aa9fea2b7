"""What cannot be read or sent."""

from app.kernel.errors import NotFound


class UnknownMail(NotFound):
    """No letter has that id."""

    code = "unknown_mail"
    sentence = (
        "Ce courriel n’existe pas, ou il a plus de douze mois. "
        "Cherchez-le dans la liste « Courriels »."
    )
