"""Shows mails in Chromium and prints what is wrong with them: mails.py FOLDER, where FOLDER has a file NAME.html for each.

The output is JSON, [{"mail": NAME, "view": …, "problem": …}]; mails.js says how each mail is shown. BOXOFFICE_CHROMIUM is
the browser, and chromedriver beside it or on the path drives it.
"""

import json
import os
import pathlib
import shutil
import sys

from selenium import webdriver

CHUNK = 20


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ["BOXOFFICE_CHROMIUM"]
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--no-first-run"):
        options.add_argument(argument)
    driver = shutil.which("chromedriver", path=f"{pathlib.Path(options.binary_location).parent}:{os.environ['PATH']}")
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def main():
    mails = [{"name": path.stem, "html": path.read_text()} for path in sorted(pathlib.Path(sys.argv[1]).glob("*.html"))]
    measure = pathlib.Path(__file__).with_suffix(".js").read_text()
    problems = []
    with browser() as chromium:
        chromium.set_script_timeout(300)
        for scheme in ("light", "dark"):
            chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            for start in range(0, len(mails), CHUNK):
                problems += chromium.execute_async_script(measure, mails[start:start + CHUNK], scheme)
    json.dump(problems, sys.stdout)


main()
