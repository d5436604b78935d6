#!/usr/bin/python3
"""The dashboard: one HTML file that needs nothing beside itself, looked at in a real browser."""

import base64
import hashlib
import html.parser
import json
import os
import re
import stat
import unittest

from browser import CHROMIUM, Browser
from exit_codes_test import FilledTestCase

SECRET = "wachtwoord-4711"
STRANGE = "Éva <script>alert(1)</script> & \"Co\" 'x'"
VOID = {"meta", "link", "br", "input"}
# The end of these may be left out (HTML, 13.1.2.4).
OPTIONAL = {"tr", "td", "th", "tbody"}

CONTRAST = """(() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
    return [255, 255, 255]; };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest("script,style,.v")) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push([walk.currentNode.data.trim(), e.className, ratio]);
  }
  return poor;
})()"""


class Checker(html.parser.HTMLParser):
    """Tags that fit, ids that are there once, and what is pointed at."""

    def __init__(self):
        super().__init__()
        self.stack, self.ids, self.pointed, self.tags, self.texts = [], set(), set(), [], {}
        self.wrong = []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if attributes.get("id"):
            if attributes["id"] in self.ids:
                self.wrong.append(f"id {attributes['id']} twice")
            self.ids.add(attributes["id"])
        if "aria-labelledby" in attributes:
            self.pointed.add(attributes["aria-labelledby"])
        if attributes.get("href", "").startswith("#"):
            self.pointed.add(attributes["href"][1:])
        if tag not in VOID and tag not in OPTIONAL:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag in OPTIONAL:
            return
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(f"</{tag}> ends nothing")

    def handle_data(self, data):
        if self.stack:
            self.texts[self.stack[-1]] = self.texts.get(self.stack[-1], "") + data


class DashboardTestCase(FilledTestCase):
    def fill(self):
        super().fill()
        self.write("tree/secret.cfg", f"password={SECRET}\n")
        self.capture("tree", "NVR1")
        self.succeed("equipment", "add", "CAM-EMPTY", "--type", "CAM", "--driver", "files", "--set",
                     f"path={self.scratch / 'tree'}")
        self.succeed("site", "edit", "--responsible", STRANGE, "--contract", "renforce")

    def setUp(self):
        super().setUp()
        self.page = self.scratch / "page.html"

    def make(self, lang="en"):
        self.succeed("--lang", lang, "dashboard", "-o", self.page)
        return self.page.read_text(encoding="utf-8")

    def parsed(self, text):
        checker = Checker()
        checker.feed(text)
        checker.close()
        return checker

    def figures(self, text):
        return json.loads(re.search(r'<script type="application/json" id=figures>(.*?)</script>', text)[1])


class Dashboard(DashboardTestCase):
    def test_the_file_is_whole_and_its_owners_alone(self):
        self.page.write_text("an older one")
        self.page.chmod(0o644)
        result = self.succeed_json("dashboard", "-o", self.page)
        content = self.page.read_bytes()
        self.assertEqual(stat.S_IMODE(os.stat(self.page).st_mode), 0o600)
        self.assertEqual((result["file"], result["bytes"], result["sha256"]),
                         (str(self.page), len(content), hashlib.sha256(content).hexdigest()))
        self.assertFalse([name for name in os.listdir(self.scratch) if "partial" in name])
        self.assert_error(self.run_coffre("dashboard", "-o", self.scratch / "no" / "page.html"), 1, "no")

    def test_without_a_name_it_is_named_for_the_site_and_a_dash_is_standard_output(self):
        self.succeed("dashboard")
        self.assertTrue((self.scratch / "coffre-ACME-PARIS.html").exists())
        self.assertTrue(self.succeed("dashboard", "-o", "-").out.startswith(b"<!doctype html>"))

    def test_it_is_well_formed_in_both_languages(self):
        for lang, verdict in (("en", "Action is needed"), ("fr", "Une action est nécessaire")):
            text = self.make(lang)
            checker = self.parsed(text)
            self.assertEqual((checker.wrong, checker.stack), ([], []))
            self.assertLessEqual(checker.pointed, checker.ids)
            self.assertEqual(checker.tags[0], ("html", {**checker.tags[0][1], "lang": lang}))
            self.assertIn(verdict, text)
            self.assertEqual([tag for tag, _ in checker.tags if tag in ("header", "main", "footer", "h1")],
                             ["header", "h1", "main", "footer"])
            for tag, attributes in checker.tags:
                if tag == "th":
                    self.assertIn("scope", attributes)
        self.assertNotIn("not ok", text.replace("data-mark", ""))

    def test_it_holds_no_value_of_a_configuration_and_everything_is_escaped(self):
        text = self.make()
        self.assertNotIn(SECRET, text)
        self.assertNotIn("<script>alert", text)
        self.assertIn("Éva &lt;script&gt;alert(1)", text)
        self.assertEqual([tag for tag, _ in self.parsed(text).tags].count("script"), 2)

    def test_nothing_but_its_own_style_and_script_may_run(self):
        text = self.make()
        policy = re.search(r'Content-Security-Policy content="([^"]*)"', text)[1]
        self.assertTrue(policy.startswith("default-src 'none';"))
        for tag in ("style", "script"):
            body = re.search(f"<{tag}>(.*?)</{tag}>", text, re.S)[1].encode()
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            self.assertIn(f"{tag}-src 'sha256-{digest}'", policy)
        for _, attributes in self.parsed(text).tags:
            self.assertFalse({"style", "src", "onclick"} & attributes.keys())

    def test_proc_5_3_the_page_status_and_metrics_tell_the_same(self):
        text = self.make()
        shown = {attributes["data-check"]: attributes for _, attributes in self.parsed(text).tags
                 if "data-check" in attributes}
        figures = self.figures(text)["sites"][0]
        document = self.succeed_json("status")
        metrics = self.succeed_json("metrics")
        self.assertEqual(figures, metrics)
        for name in ("client", "site", "mark", "protected", "anomalies_open", "anomalies_late", "tests_late"):
            self.assertEqual(figures[name], document[name])
        for one, other in zip(figures["checks"], document["checks"], strict=True):
            self.assertEqual(one, {name: other[name] for name in one})
            cell = shown[one["check"]]
            self.assertEqual(cell["data-mark"], one["mark"])
            self.assertEqual("stale" in cell["class"].split(), one["stale"])
            self.assertEqual("hatch" in cell["class"].split(), one["dispensed"])
        for one, other in zip(figures["equipments"], document["equipments"], strict=True):
            self.assertEqual(one, {name: other[name] for name in one})

    def test_proc_5_3_unknown_is_never_green(self):
        for tag, attributes in self.parsed(self.make()).tags:
            if attributes.get("data-mark") == "unknown":
                self.assertNotIn("ok", attributes["class"].split(), tag)
        self.assertIn("data-check=restore-test data-mark=unknown", self.page.read_text())

    def test_proc_p3_an_equipment_without_a_snapshot_has_its_row(self):
        row = re.search(r'<tr data-equipment="CAM-EMPTY">.*?\n', self.make(), re.S)[0]
        self.assertIn("data-mark=bad", row)


@unittest.skipUnless(CHROMIUM or os.environ.get("CI") == "true", "there is no chromium here")
class InABrowser(DashboardTestCase):
    def setUp(self):
        super().setUp()
        self.text = self.make("fr")
        self.browser = Browser(self.scratch)
        self.addCleanup(self.browser.close)

    def test_it_opens_without_a_complaint_and_asks_the_network_for_nothing(self):
        self.browser.open(self.page)
        self.assertEqual(self.browser.complaints, [])
        asked = [url for url in self.browser.requests if not url.startswith("data:")]
        self.assertEqual(asked, [self.page.resolve().as_uri()])
        self.assertEqual(self.browser.value("document.title"),
                         "ACME · PARIS — Sauvegardes des configurations")

    def test_it_does_not_scroll_sideways_at_any_width(self):
        for width in (360, 400, 900, 1600):
            self.browser.open(self.page, width=width)
            self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), width)

    def test_text_stands_out_from_its_ground_in_light_and_dark(self):
        for dark in (False, True):
            for hours in (0, 30):
                self.browser.open(self.page, dark=dark, hours_later=hours)
                self.assertEqual(self.browser.value(CONTRAST), [])

    def test_the_keyboard_reaches_the_content_and_what_scrolls_and_shows_where_it_is(self):
        self.browser.open(self.page)
        self.browser.press("Tab")
        self.assertEqual(self.browser.value("document.activeElement.className"), "skip")
        self.browser.open(self.page, width=400)
        self.browser.value("document.getElementById('h-equipments').scrollIntoView()")
        for _ in range(20):
            self.browser.press("Tab")
            label = self.browser.value("document.activeElement.getAttribute('aria-labelledby')")
            if label == "h-equipments":
                break
        else:
            self.fail("never there")
        self.assertEqual(self.browser.value("getComputedStyle(document.activeElement).outlineStyle"), "solid")

    def test_the_keyboard_stops_at_no_box_that_does_not_scroll(self):
        self.browser.open(self.page, width=1600, height=6000)
        stops = "[...document.querySelectorAll('.scroll')].filter(e => e.tabIndex >= 0 &&" \
                " e.scrollWidth <= e.clientWidth).length"
        self.assertEqual(self.browser.value(stops), 0)

    def test_a_screen_reader_hears_each_region_once(self):
        self.browser.open(self.page)
        regions = [name for role, name in self.browser.spoken() if role == "region"]
        self.assertEqual(len(regions), len(set(regions)), regions)

    def test_a_screen_reader_hears_each_check_with_its_state(self):
        self.browser.open(self.page)
        spoken = self.browser.spoken()
        headings = [name for role, name in spoken if role == "heading"]
        self.assertIn("Une action est nécessaire", headings)
        regions = [name for role, name in spoken if role == "region"]
        self.assertTrue(any("Contrôles" in name for name in regions), regions)
        words = " ".join(name for _, name in spoken)
        for word in ("Test de restauration", "Inconnu", "Non conforme", "Sites protégés"):
            self.assertIn(word, words)

    def test_without_script_it_says_everything(self):
        self.browser.open(self.page, script=False)
        words = " ".join(name for _, name in self.browser.spoken())
        for word in ("Une action est nécessaire", "Sauvegarde hebdomadaire", "CAM-EMPTY", "Inconnu", "NVR1"):
            self.assertIn(word, words)
        self.assertEqual(self.browser.complaints, [])

    def test_proc_5_3_a_page_that_is_looked_at_later_greys_its_figures(self):
        count = "document.querySelectorAll('[data-check][data-at]:not(.stale)').length"
        self.browser.open(self.page)
        self.assertGreater(self.browser.value(count), 0)
        self.assertIs(self.browser.value("document.getElementById('old').hidden"), True)
        self.browser.open(self.page, hours_later=30)
        self.assertEqual(self.browser.value(count), 0)
        self.assertIs(self.browser.value("document.getElementById('old').hidden"), False)
        self.assertNotIn("Conforme", self.browser.value(
            "[...document.querySelectorAll('[data-check] .w')].map(e => e.textContent)"))
        # What was done on a day stays so; the legend is no figure.
        self.assertEqual(self.browser.value(
            "[...document.querySelectorAll('.ok:not(.stale)')].map(e => e.closest('section'))"
            ".map(s => s && s.querySelector('h2').id)"
            ".filter(id => !['h-legend', 'h-drills', 'h-reviews'].includes(id))"), [])

    def test_it_prints(self):
        self.browser.open(self.page, dark=True)
        self.assertTrue(base64.b64decode(self.browser.print()).startswith(b"%PDF"))


if __name__ == "__main__":
    unittest.main()
