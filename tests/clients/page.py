"""The page in Chromium, with recordings as its microphone: a question is asked aloud and answered, and she is interrupted.

usage: page.py ADDRESS LONG.wav INTERRUPTION.wav SCREENSHOTS
LONG asks for a long story, INTERRUPTION for the largest ocean.
"""

import base64
import pathlib
import shutil
import sys

from playwright.sync_api import expect, sync_playwright

address, long, interruption, screenshots = sys.argv[1:]
screenshots = pathlib.Path(screenshots)
screenshots.mkdir(parents=True, exist_ok=True)
browsers = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
browser = next(path for path in browsers if path)
WAIT = 120_000

# A microphone that hears what the test says, when it says it: else silence.
MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const into = context.createMediaStreamDestination();
  window.say = async (wav) => {
    const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0));
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(bytes.buffer);
    source.connect(into);
    source.start();
  };
  return into.stream;
};
"""


def say(page, path):
    wav = base64.b64encode(pathlib.Path(path).read_bytes()).decode()
    page.evaluate("wav => say(wav)", wav)


with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(
        executable_path=browser,
        args=[
            "--no-sandbox",
            "--autoplay-policy=no-user-gesture-required",
        ],
    )
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    page = context.new_page()
    said = []
    page.on("console", lambda message: message.type in ("error", "warning") and said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    elsewhere = []
    page.on("request", lambda request: address not in request.url and elsewhere.append(request.url))
    page.add_init_script(MICROPHONE)
    page.goto(f"http://{address}/")
    page.screenshot(path=screenshots / "opened.png")
    # The keyboard suffices.
    page.keyboard.press("i")
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.locator("#link")).to_have_text("connected", timeout=WAIT)
    expect(page.locator("#press")).to_have_attribute("aria-pressed", "true", timeout=WAIT)
    say(page, long)
    expect(page.locator("#talk .you").first).to_contain_text("story", timeout=WAIT)
    answer = page.locator("#talk .jane").first
    expect(answer).not_to_be_empty(timeout=WAIT)
    expect(page.locator("#stage")).to_have_attribute("data-stage", "speaking", timeout=WAIT)
    page.wait_for_timeout(1500)
    page.screenshot(path=screenshots / "speaking.png")
    say(page, interruption)
    # She is interrupted, and what nobody heard is struck out.
    expect(answer.locator("del")).not_to_be_empty(timeout=WAIT)
    heard = answer.evaluate("line => line.firstChild.firstChild.textContent")
    assert heard.strip(), "nothing of the answer was heard"
    expect(page.locator("#talk .you").nth(1)).to_contain_text("ocean", timeout=WAIT)
    expect(page.locator("#talk .jane").nth(1)).to_contain_text("Pacific", timeout=WAIT)
    expect(page.locator("#times .turn")).to_have_count(2, timeout=WAIT)
    page.screenshot(path=screenshots / "interrupted.png")
    for tab in ("memory", "skills", "models"):
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#{tab}")).not_to_be_empty()
        page.screenshot(path=screenshots / f"{tab}.png")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    # Written in place of spoken.
    page.keyboard.press("/")
    page.keyboard.type("What is the largest ocean?")
    page.keyboard.press("Enter")
    expect(page.locator("#talk .jane").nth(2)).to_contain_text("Pacific", timeout=WAIT)
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.screenshot(path=screenshots / "light.png")
    # A telephone's size: nothing is wider than it.
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=screenshots / "telephone.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#details").click()
    page.screenshot(path=screenshots / "telephone_details.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not said, said
    assert not elsewhere, elsewhere
    print("heard", repr(heard))
    chromium.close()
