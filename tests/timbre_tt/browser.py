"""A page from disk in a headless Chromium, driven by Selenium; nothing is downloaded for it."""

import base64
import shutil

from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")


class Browser:
    def __init__(self, width=1280, height=900, dark=False, microphone=None):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--window-size={width},{height}",
            "--autoplay-policy=no-user-gesture-required",
            *(["--blink-settings=preferredColorScheme=0"] if dark else []),
            *(_plays_into_microphone(microphone) if microphone else []),
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self._driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
        # The width of a window has a lower bound; that of the device has none.
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._driver.quit()

    def open(self, page):
        """Opens a file, or an address."""
        self._driver.get(page if isinstance(page, str) else page.resolve().as_uri())

    def upload(self, selector, path):
        """Chooses a file for an input, which need not be visible."""
        self._driver.find_element("css selector", selector).send_keys(str(path))

    def type(self, selector, text):
        """Presses keys as a user would."""
        self._driver.find_element("css selector", selector).send_keys(text)

    def addresses(self):
        """Of everything that the page has loaded."""
        return self.run("return performance.getEntriesByType('resource').map(e => e.name)")

    def run(self, script, *arguments):
        return self._driver.execute_script(script, *arguments)

    def wait_for(self, script, seconds=30):
        wait = WebDriverWait(self._driver, seconds, poll_frequency=0.1)
        return wait.until(lambda _: self.run(script), f"never came true: {script}")

    def devtools(self, command, parameters):
        return self._driver.execute_cdp_cmd(command, parameters)

    def errors(self):
        entries = self._driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path):
        whole = {"format": "png", "captureBeyondViewport": True}
        path.write_bytes(base64.b64decode(self.devtools("Page.captureScreenshot", whole)["data"]))


def _plays_into_microphone(path):
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}",
    ]
