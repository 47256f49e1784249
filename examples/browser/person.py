#!/usr/bin/python3
"""Operates a real Chromium without a window as a user would: opens the page, types, presses the button, reads.

    person.py SCREENSHOT CHROMIUM_OPTION...

Each line of standard input is METHOD PATH [TOKEN]; for each, it prints the row that the page then shows. At the end it
saves a picture of the page in SCREENSHOT. It uses the DevTools protocol over two pipes, so that a token is typed into
the page and appears in no command line.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile

PAGE = "https://app.example.com/"


class Browser:
    def __init__(self, options, profile):
        read_here, write_there = os.pipe()
        read_there, write_here = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4.
        script = f'exec "$@" 3<&{read_there} 4>&{write_there}'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", "chromium", "--headless", "--remote-debugging-pipe", "--no-first-run"]
            + ["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
            + [f"--user-data-dir={profile}", "--window-size=1200,700", *options, "about:blank"],
            pass_fds=(read_there, write_there), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read_there)
        os.close(write_there)
        self.input = os.fdopen(write_here, "wb")
        self.output = os.fdopen(read_here, "rb")
        self.pending = b""
        self.last = 0
        self.session = None

    def message(self):
        while b"\0" not in self.pending:
            chunk = self.output.read1(65536)
            if not chunk:
                sys.exit("Chromium went away")
            self.pending += chunk
        message, _, self.pending = self.pending.partition(b"\0")
        return json.loads(message)

    def command(self, method, **parameters):
        self.last += 1
        command = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        self.input.write(json.dumps(command).encode() + b"\0")
        self.input.flush()
        while (message := self.message()).get("id") != self.last:
            pass
        if "error" in message:
            sys.exit(f"{method}: {message['error']['message']}")
        return message["result"]

    def attach(self):
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.command("Page.enable")

    def open(self, url):
        failure = self.command("Page.navigate", url=url).get("errorText")
        if failure:
            sys.exit(f"{url}: {failure}")
        while self.message().get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, script):
        answer = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            sys.exit(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def type(self, field, text):
        self.evaluate(f"document.querySelector('[name={field}]').select()")
        self.command("Input.insertText", text=text)

    def close(self):
        self.session = None
        self.command("Browser.close")
        self.process.wait()


NEXT_ROW = """new Promise((shown) => {
  new MutationObserver((_, observer) => {
    observer.disconnect();
    shown([...document.querySelector("tbody").lastElementChild.cells].map((cell) => cell.textContent));
  }).observe(document.querySelector("tbody"), { childList: true });
  document.querySelector("button").click();
})"""


def main():
    screenshot, options = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(options, profile)
        browser.attach()
        browser.open(PAGE)
        for line in sys.stdin:
            method, path, *token = line.split()
            browser.evaluate(f"document.querySelector('[name=method]').value = '{method}'")
            browser.type("path", path)
            browser.evaluate("document.querySelector('[name=token]').value = ''")
            browser.type("token", "".join(token))
            print(" | ".join(" ".join(cell.split()) for cell in browser.evaluate(NEXT_ROW)), flush=True)
        picture = browser.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with open(screenshot, "wb") as file:
            file.write(base64.b64decode(picture))
        browser.close()


if __name__ == "__main__":
    main()
