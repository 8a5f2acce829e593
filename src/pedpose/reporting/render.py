"""Fill templates: pages of one HTML file that load nothing from anywhere."""

from __future__ import annotations

import jinja2

from pedpose import __version__
from pedpose.reporting import text


def render(template: str, package: str = "pedpose.reporting", **values: object) -> str:
    """Return a page.

    Beside the values a template gets ``style`` (the style sheet that all pages share), ``version``
    and ``text`` (:mod:`pedpose.reporting.text`), and can import the macros of ``shared.html``.

    Args:
        template: Its file in the ``templates`` of the package.
        package: Where it lies.
        values: What it prints.
    """
    shared = jinja2.PackageLoader("pedpose.reporting")
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package), shared]),
        autoescape=True,  # names of joints and files come from data that anybody may have written
        undefined=jinja2.StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=text.number, ends=text.ends)
    style = shared.get_source(environment, "style.css")[0]
    return environment.get_template(template).render(
        style=style, version=__version__, text=text, **values
    )


def _printable(value: object) -> object:
    """Replace what neither UTF-8 nor HTML can hold, in all that the template prints."""
    return text.printable(value) if type(value) is str else value
