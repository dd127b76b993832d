"""A real Chromium that visits the studio of a real service with the tiny model. Without one these tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from live_service import Live
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from studio_page import PATIENCE, Open, Studio

MISSING = "no Chromium here: the studio was not tested. On Debian: apt-get install chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(MISSING)
    # The sandbox of Chromium refuses to run as root, as tests in containers do.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    made = playwright.chromium.launch(executable_path=program, args=options)
    yield made
    made.close()


@pytest.fixture
def visit(browser: Browser, live: Live) -> Iterator[Open]:
    """Opens the studio of `live`, or of another service, as a new visitor. Errors of the page fail the test."""
    visits: list[Studio] = []

    def go(service: Live = live, **options: object) -> Studio:
        context = browser.new_context(**{"locale": "en-GB", "reduced_motion": "reduce", **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        visits.append(Studio(context.new_page(), service))
        return visits[-1].open()

    yield go
    errors = [error for studio in visits for error in studio.errors]
    for studio in visits:
        studio.page.context.close()
    assert not errors


@pytest.fixture
def studio(visit: Open) -> Studio:
    return visit()


@pytest.fixture
def page(studio: Studio) -> Page:
    return studio.page
