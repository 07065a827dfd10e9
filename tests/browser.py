"""A real browser without a screen, for tests of what people see: the machine's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str:
    """Find the machine's Chromium; skip the test where there is none."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("expected a Chromium on this machine, got none; install it (Debian: apt-get install chromium)")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's Chromium; skip the test where there is none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()
