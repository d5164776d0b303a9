"""Uses the console in Chromium as people do, and prints what it saw as JSON: console.py STEP < SETTINGS.

SETTINGS is JSON: url, name, password, job, paused (another job), pages by name, and shots, the folder for screenshots. A step signs in by itself:

  read      with the mouse: home, the failing job, the run, its failed row
  work      with the keyboard alone: dry run, run, watch it end, pause
  resume    with JavaScript off: dry run and its end by reloading, resume
  look      every page, phone and desktop, light and dark: a screenshot, axe-core's rules, no sideways scrolling; a job page as PDF

BOXOFFICE_CHROMIUM is the browser, and chromedriver beside it or on the path drives it.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import sys
import time

import axe_core_python
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 60
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
AXE = (pathlib.Path(axe_core_python.__file__).parent / "axe.min.js").read_text()


def browser(scripts=True):
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ["BOXOFFICE_CHROMIUM"]
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--window-size=1280,900"):
        options.add_argument(argument)
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = shutil.which("chromedriver", path=f"{pathlib.Path(options.binary_location).parent}:{os.environ['PATH']}")
    chromium = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chromium.set_page_load_timeout(PATIENCE)
    return chromium


class Console:
    def __init__(self, chromium, settings):
        self.chromium, self.settings, self.url = chromium, settings, settings["url"]

    def open(self, path):
        self.chromium.get(self.url + path)

    def text(self):
        return self.chromium.find_element(By.TAG_NAME, "main").text

    def wait(self, condition, why):
        def holds(_):
            try:
                return condition()
            except Exception:  # The page was replaced in between.
                return False

        WebDriverWait(self.chromium, PATIENCE, 0.1).until(holds, why)

    def click(self, words):
        """Presses what has these words: a link or a button."""
        path = f"//main//*[self::a or self::button][normalize-space()='{words}']"
        self.chromium.find_element(By.XPATH, path).click()

    def sign_in(self):
        self.open("/sign-in")
        self.chromium.find_element(By.ID, "name").send_keys(self.settings["name"])
        self.chromium.find_element(By.ID, "password").send_keys(self.settings["password"])
        self.click("Sign in")

    # The keyboard alone.

    def press(self, *keys):
        webdriver.ActionChains(self.chromium).send_keys(*keys).perform()

    def tab_to(self, matches):
        """Presses Tab until the focus is where it should be, and says that it can be seen."""
        for _ in range(200):
            self.press(Keys.TAB)
            focused = self.chromium.switch_to.active_element
            if matches(focused):
                style = self.chromium.execute_script("const s = getComputedStyle(arguments[0]); return s.outlineStyle + s.outlineWidth", focused)
                assert not style.startswith("none"), f"the focus on {focused.text} cannot be seen"
                return focused
        raise AssertionError("the keyboard does not reach it")


def read(console):
    console.sign_in()
    job = console.settings["job"]
    console.wait(lambda: re.search(rf"Failing job, \d+ runs?: {re.escape(job)}", console.text()), "home names the failing job")
    console.click(job)
    console.wait(lambda: "Rows that failed" in console.text(), "the run names the row")
    rows = console.chromium.find_elements(By.CSS_SELECTOR, "section table tbody tr")
    return {"rows": [row.text for row in rows]}


def work(console):
    job = console.settings["job"]
    console.open("/sign-in")
    console.tab_to(lambda element: element.get_attribute("id") == "name")
    console.press(console.settings["name"], Keys.TAB, console.settings["password"], Keys.ENTER)
    console.wait(lambda: console.chromium.find_elements(By.LINK_TEXT, "Jobs"), "signed in")
    console.tab_to(lambda element: element.text == "Jobs" and element.tag_name == "a")
    console.press(Keys.ENTER)
    console.wait(lambda: console.chromium.title.startswith("Jobs"), "the jobs")
    console.tab_to(lambda element: element.text == job)
    console.press(Keys.ENTER)
    console.wait(lambda: console.chromium.title.startswith(job), "the job")
    console.tab_to(lambda element: element.text == "Dry run")
    console.press(Keys.ENTER)
    console.wait(lambda: re.search(r"Run \d+ succeeded dry run", console.text()), "the dry run ends")
    dryRun = console.text()
    console.tab_to(lambda element: element.text == "Run now")
    console.press(Keys.ENTER)
    console.wait(lambda: re.search(r"Run \d+ succeeded\n", console.text()), "the run ends while it is watched")
    run = console.text()
    console.open(f"/jobs/{console.settings['paused']}")
    console.tab_to(lambda element: element.text == "Pause")
    console.press(Keys.ENTER)
    console.wait(lambda: "paused" in console.text(), "the schedule is paused")
    return {"dryRun": dryRun, "run": run}


def resume(console):
    job = console.settings["job"]
    console.sign_in()
    console.open(f"/jobs/{job}")
    console.click("Dry run")

    def is_over():
        console.chromium.refresh()
        return re.search(r"Run \d+ succeeded dry run", console.text())

    console.wait(is_over, "the dry run ends")
    console.open(f"/jobs/{console.settings['paused']}")
    console.click("Resume")
    console.wait(lambda: "* * * * * * on" in console.text(), "the schedule is on")
    return {}


def look(console):
    console.sign_in()
    shots = pathlib.Path(console.settings["shots"])
    shots.mkdir(parents=True, exist_ok=True)
    problems = []
    for name, path in console.settings["pages"].items():
        for scheme in ("light", "dark"):
            console.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            for size, (width, height) in SIZES.items():
                console.chromium.execute_cdp_cmd(
                    "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"})
                console.open(path)
                view = f"{name}-{size}-{scheme}"
                console.chromium.save_screenshot(str(shots / f"{view}.png"))
                problems += [f"{view}: {problem}" for problem in faults(console.chromium)]
        console.chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    console.open(console.settings["pages"]["job"])
    (shots / "job.pdf").write_bytes(base64.b64decode(console.chromium.print_page()))
    missing = console.url + console.settings["pages"]["missing"]
    for entry in console.chromium.get_log("browser"):
        if entry["level"] == "SEVERE" and not entry["message"].startswith(missing):
            problems.append(f"the browser says: {entry['message']}")
    return {"problems": problems}


def faults(chromium):
    chromium.execute_script(AXE)
    found = chromium.execute_async_script("const done = arguments[0]; axe.run().then(done, (e) => done({ violations: [], error: String(e) }))")
    problems = [found["error"]] if "error" in found else []
    for violation in found["violations"]:
        if violation["impact"] in ("serious", "critical"):
            problems += [f"{violation['id']}: {node['target']} {node['failureSummary']}" for node in violation["nodes"][:3]]
    if chromium.execute_script("return document.documentElement.scrollWidth > innerWidth"):
        problems.append("it scrolls sideways")
    return problems


def main():
    step = {"read": read, "work": work, "resume": resume, "look": look}[sys.argv[1]]
    with browser(scripts=step is not resume) as chromium:
        console = Console(chromium, json.load(sys.stdin))
        try:
            seen = step(console)
        except Exception as error:
            raise SystemExit(f"{type(error).__name__}: {error}\nat {chromium.current_url}:\n{console.text()}") from None
    json.dump(seen, sys.stdout)


main()
