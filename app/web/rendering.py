"""What the templates can count on, whoever renders them: the application or a test."""

from jinja2 import Environment, StrictUndefined

from app.web import format as filters
from app.web import words
from app.web.help import help_about
from app.web.icons import icon
from app.web.pages import CHAPTERS, sentence_for


def prepare(environment: Environment) -> None:
    """Give an environment the filters, the icons and the words of the pages.

    A name that a template does not know is an error and not an empty string: a page with a
    missing figure must not pass for a page with nothing to say. The application adds what
    depends on it: `url_for`, `here`, `csrf_token`, `static_url` and, for each request, `frame`.
    """
    environment.autoescape = True
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.filters.update(filters.FILTERS)
    environment.globals.update(
        icon=icon,
        chapters=CHAPTERS,
        sentence_for=sentence_for,
        words=words,
        help_about=help_about,
    )
