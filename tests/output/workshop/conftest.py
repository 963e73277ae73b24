"""Workshops of England and Wales, and of Wales with constraints, gathered once a file."""

from __future__ import annotations

import pytest
from browsing import show
from shopping import PLAN

from geoplan.output.workshop.webpage import page
from geoplan.planning.designing.asked import parse
from geoplan.planning.workshop import Workshop, gathered


@pytest.fixture(scope="module")
def shop() -> Workshop:
    return gathered()


@pytest.fixture(scope="module")
def text(shop: Workshop) -> str:
    return page(shop)


@pytest.fixture(scope="module")
def wales() -> Workshop:
    return gathered(parse(PLAN, "plan.toml"))


@pytest.fixture
def opened(browser, text, tmp_path):
    return show(browser, text, tmp_path)
