"""How the documentation site is built: python -m sphinx -W --keep-going docs build/site."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generate

project = "geoplan"
author = "the geoplan contributors"
release = generate.VERSION
version = release
language = "en-GB"

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_nb", "generate", "mathml"]
# Options are written with two hyphens, and stay so.
smartquotes = False
# Blocks without a language are commands and tables, not Python.
highlight_language = "none"

myst_enable_extensions = ["deflist", "dollarmath", "colon_fence"]
myst_heading_anchors = 3
# Notebooks run whenever the site is built, for geoplan may have changed; one that fails fails the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
# The site asks nothing of the network: formulas are MathML, and there are no widgets.
nb_ipywidgets_js = {}
html_math_renderer = "mathml"

autosummary_generate = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = f"geoplan {release}"
html_static_path = ["_static"]
html_css_files = ["geoplan.css"]
html_show_sourcelink = False
html_copy_source = False
html_context = {"default_mode": "auto"}
# Pages that have none below them need no list of those.
html_sidebars = {page: [] for page in ("index", "quickstart/index", "tutorial/index")}
html_theme_options = {
    "logo": {"text": "geoplan"},
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "navigation_with_keys": False,
}
project_copyright = "geoplan contributors. Code: MIT. Data: Open Government Licence v3.0"
