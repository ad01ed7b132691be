"""Hooks of the site: equations become MathML, and the built pages are checked for public names and outside requests.

``mkdocs build --strict`` fails on a warning, so each fault that is found here stops the gate.
"""

import html
import logging
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

STAGES = ("tasks", "rate", "bridge", "spiking", "compare", "experiment", "store", "interop", "plots", "config")
EQUATION = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.DOTALL)
# What a browser loads by itself; a link that a reader clicks is none of these.
LOADED = re.compile(r'<(?:script|img|iframe|source)[^>]+src="(https?:[^"]+)"|<link[^>]+href="(https?:[^"]+)"')
NAMES = re.compile(r"^\[names of biornn\.(\w+)\]$", re.MULTILINE)
log = logging.getLogger("mkdocs.hooks")


def on_page_content(content: str, **_: Any) -> str:
    """Return the page with its equations as MathML, which browsers draw without a script."""
    return EQUATION.sub(_mathml, content)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the page with a line ``[names of biornn.rate]`` replaced by an entry for each public name."""
    return NAMES.sub(lambda match: "\n\n".join(f"::: biornn.{match[1]}.{name}" for name in public(match[1])), markdown)


def on_post_build(config: Any) -> None:
    """Warn of public names that the reference lacks, and of files that a page loads from elsewhere."""
    site = Path(config["site_dir"])
    for path in sorted(site.rglob("*.html")):
        for match in LOADED.finditer(path.read_text(encoding="utf-8")):
            log.warning("%s loads %s", path.relative_to(site), match[1] or match[2])
    for stage in STAGES:
        page = (site / "reference" / stage / "index.html").read_text(encoding="utf-8")
        for name in public(stage):
            if f'id="biornn.{stage}.{name}"' not in page:
                log.warning("biornn.%s.%s has no entry in the reference", stage, name)


def public(stage: str) -> list[str]:
    """Return the public names of a stage: its ``__all__``, or the classes and functions that it defines."""
    module = import_module(f"biornn.{stage}")
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    return list(getattr(module, "__all__", None) or [name for name in own if not name.startswith("_")])


def _mathml(match: re.Match[str]) -> str:
    source = html.unescape(match[2]).strip()
    block = match[1] == "div"
    drawn = convert(source[2:-2], display="block" if block else "inline")
    return f'<div class="equation">{drawn}</div>' if block else drawn
