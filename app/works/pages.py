"""The pages of long work: how far one is, where it leads when it is done, and one's own list."""

from http import HTTPStatus
from typing import cast
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.web import drafts
from app.web.auth import SECURITY_HEADERS, current_actor, started_at
from app.web.transaction import current_settings, in_transaction
from app.works.errors import WorkFileGone
from app.works.models import Work
from app.works.rules import WorkKind, title_of
from app.works.service import file_to_take, own_works, standing
from app.works.shelf import Shelf

bp = Blueprint("works_pages", __name__)

LOOKS_AGAIN = (
    f"{SECURITY_HEADERS['Content-Security-Policy']}; script-src 'self'; connect-src 'self'"
)
"""The only script of this page reads this page again."""
FOLLOWED = "oui"
FOLLOWED_EVERY = 10
"""Seconds: how often the page comes again without script, for whoever asks for it by a link.

It never does so by itself (WCAG 2.2.1, RGAA 13.1): that would take a reader's place away.
"""


def followed(work: Work) -> Response:
    """After a work was asked for: its page."""
    drafts.forget_taken_up()
    address = url_for("works_pages.shown", work_id=work.id)
    return cast("Response", redirect(address, HTTPStatus.SEE_OTHER))


@bp.get("/travaux")
def listed() -> ResponseReturnValue:
    """One's own works, those that ended included."""
    found = in_transaction(lambda session: own_works(session, actor=current_actor()))
    rows = [
        (title_of(WorkKind(work.kind), work.asked), work, end, file) for work, end, file in found
    ]
    return render_template("works/list.html", rows=rows, now=started_at())


@bp.get("/travaux/<uuid:work_id>")
def shown(work_id: UUID) -> ResponseReturnValue:
    """One's own work; the page may be left, reloaded, and opened again."""
    found = in_transaction(
        lambda session: standing(session, actor=current_actor(), work_id=work_id, now=started_at())
    )
    title = title_of(WorkKind(found.work.kind), found.work.asked)
    again = found.end is None and request.args.get("suivi") == FOLLOWED
    page = render_template(
        "works/work.html", page=found, title=title, followed=again, every=FOLLOWED_EVERY
    )
    headers = {"Content-Security-Policy": LOOKS_AGAIN}
    if again:
        headers["Refresh"] = str(FOLLOWED_EVERY)
    return page, headers


@bp.get("/travaux/<uuid:work_id>/fichier")
def file(work_id: UUID) -> Response:
    """The file that one's own work has made; a download that broke off goes on where it was."""
    known = in_transaction(
        lambda session: file_to_take(
            session, actor=current_actor(), work_id=work_id, now=started_at()
        )
    )
    place = Shelf.of(current_settings().data_dir).place_of(work_id)
    if not place.is_file():
        # Made by another machine, or thrown away at this very moment.
        raise WorkFileGone
    answer = send_file(
        place,
        mimetype=known.media_type,
        as_attachment=True,
        download_name=known.name,
        conditional=True,
        etag=known.sha256.hex(),
        last_modified=known.made_at,
    )
    # A static file may rest in every cache for a year; nobody keeps this one on the way.
    answer.headers["Cache-Control"] = "no-store"
    return answer
