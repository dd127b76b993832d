"""The page of the studio, as a visitor uses it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from live_service import Live
from playwright.sync_api import Locator, Page, expect

PATIENCE = 30_000.0  # milliseconds: a slow machine is no failure
expect.set_options(timeout=PATIENCE)


@dataclass
class Studio:
    """errors: of scripts, and requests that the page's policy has stopped. asked: the addresses of all requests."""

    page: Page
    service: Live
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.service.port}/"

    def open(self) -> Studio:
        """Loads the page."""
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(self.home)
        expect(self.page.get_by_text("Ready", exact=True)).to_be_visible()
        return self

    def _note(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def small(self, *, size: str = "64x64", steps: int = 4, length: float | None = 0.5) -> None:
        """Asks under "More" for something that is quickly made."""
        if self.page.locator("details.more").get_attribute("open") is None:
            self.page.locator("details.more > summary").click()
        self.page.get_by_label("Size", exact=True).select_option(size)
        self.slide("Steps", steps)
        if length is not None:
            self.slide("Length to make", length)

    def slide(self, label: str, value: float) -> None:
        """Sets a slider."""
        self.page.get_by_label(label, exact=True).fill(str(value))

    def choose(self, name: str) -> None:
        """One of several buttons of which one is on."""
        self.page.get_by_role("radio", name=name, exact=True).check()

    def write(self, words: str) -> None:
        self.page.get_by_label("What do you want to see?").fill(words)

    def make(self) -> None:
        self.page.locator("form.composer button[type=submit]").click()

    @property
    def stage(self) -> Locator:
        return self.page.get_by_role("region", name="The clip")

    def done(self) -> dict[str, Any]:
        """Waits until the clip on the stage is there and plays; the newest job, as the service tells it."""
        expect(self.stage.locator(".screen .content")).to_be_visible()
        return self.newest()

    def newest(self) -> dict[str, Any]:
        return self.jobs()[0]

    def jobs(self) -> list[dict[str, Any]]:
        return self.service.told("GET", "/v1/videos?limit=100")["data"]

    def drop(self, content: bytes, name: str, kind: str, on: str = "body") -> None:
        """Lets a file fall onto the page, or a part of it."""
        self.page.evaluate(
            """([content, name, kind, on]) => {
                const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
                const data = new DataTransfer();
                data.items.add(new File([bytes], name, { type: kind }));
                const how = { dataTransfer: data, bubbles: true, cancelable: true };
                for (const event of ["dragover", "drop"])
                    document.querySelector(on).dispatchEvent(new DragEvent(event, how));
            }""",
            [base64.b64encode(content).decode(), name, kind, on],
        )

    def where(self) -> str:
        """The name of what has the focus."""
        return json.loads(
            self.page.evaluate(
                """() => {
                    const at = document.activeElement;
                    const label = at.getAttribute("aria-label") ?? at.labels?.[0]?.innerText;
                    return JSON.stringify((label ?? at.innerText ?? "").trim());
                }"""
            )
        )


Open = Callable[..., Studio]
"""Visits a service."""
Serve = Callable[..., Live]
"""Begins a service."""
