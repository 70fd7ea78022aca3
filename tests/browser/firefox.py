"""
Firefox, driven over Marionette: the protocol that it speaks by itself, without geckodriver.

Playwright drives a Firefox of its own only, and Debian 12 has no geckodriver
(docs/decisions/013-firefox-over-marionette.md).
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.browser.waiting import PATIENCE

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # how WebDriver names a reference to an element
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "ArrowDown": "\ue015"}
PREFERENCES = {
    "marionette.port": 0,  # any; written to a file in the profile
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "dom.serviceWorkers.enabled": False,  # it would go on asking when a test is over
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
    "services.settings.server": "data:,",
}


def firefox_path() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.stream = connection.makefile("rb")
        self.count = 0
        self.read()  # it greets
        self.ask("WebDriver:NewSession")

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[Self]:
        """Start a headless Firefox whose profile and home are in `folder`, and end it."""
        profile = folder / "profile"
        profile.mkdir()
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines))
        process = subprocess.Popen(  # noqa: S603
            [
                str(firefox_path()),
                "--headless",
                "--marionette",
                "--no-remote",
                "--remote-allow-system-access",
                "--profile",
                profile,
            ],
            env={**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port_file = profile / "MarionetteActivePort"
            wait_until(lambda: port_file.exists() and port_file.read_text().strip())
            address = ("127.0.0.1", int(port_file.read_text()))
            with socket.create_connection(address, PATIENCE) as connection:
                yield cls(connection)
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def open(self, address: str) -> None:
        self.ask("WebDriver:Navigate", url=address)

    def go_back(self) -> None:
        self.ask("WebDriver:Back")

    def address(self) -> str:
        return str(self.ask("WebDriver:GetCurrentURL"))

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what the body of a function returns in the page; a promise is waited for."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=arguments)

    def click(self, selector: str) -> None:
        element = self.ask("WebDriver:FindElement", using="css selector", value=selector)
        self.ask("WebDriver:ElementClick", id=element[ELEMENT])

    def press(self, *keys: str) -> None:
        """Press keys one after another, wherever the focus is."""
        presses = [
            {"type": kind, "value": KEYS.get(key, key)}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        actions = [{"type": "key", "id": "keyboard", "actions": presses}]
        self.ask("WebDriver:PerformActions", actions=actions)

    def wait_for(self, expression: str, *arguments: Any) -> None:
        """Wait until an expression is true in the page, which may be replaced meanwhile."""

        def is_true() -> bool:
            try:
                return bool(self.run(f"return {expression}", *arguments))
            except MarionetteError:
                return False

        try:
            wait_until(is_true)
        except TimeoutError:
            raise AssertionError(f"Never true at {self.address()}: {expression}") from None

    def problems(self, origin: str) -> list[str]:
        """Return the errors that the browser has noted about pages of `origin`, once."""
        self.ask("Marionette:SetContext", value="chrome")
        try:
            messages = self.run(
                """const messages = Services.console.getMessageArray();
                Services.console.reset();
                return messages
                    .filter((m) => m instanceof Ci.nsIScriptError)
                    .filter((m) => m.sourceName.startsWith(arguments[0]))
                    .filter((m) => !(m.flags & Ci.nsIScriptError.warningFlag))
                    .map((m) => `${m.errorMessage} (${m.sourceName}:${m.lineNumber})`);""",
                origin,
            )
        finally:
            self.ask("Marionette:SetContext", value="content")
        return list(messages)

    def ask(self, command: str, **parameters: Any) -> Any:
        self.count += 1
        message = json.dumps([0, self.count, command, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.read()
        if error:
            raise MarionetteError(f"{command}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    def read(self) -> Any:
        """Read one message: its length in bytes, a colon, JSON."""
        length = b""
        while (byte := self.stream.read(1)) != b":":
            if not byte:
                raise MarionetteError("Firefox has ended.")
            length += byte
        return json.loads(self.stream.read(int(length)))


class MarionetteError(Exception):
    """Firefox could not do what it was asked."""


def wait_until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)
