#!/usr/bin/python3
"""Anomalies: opened at the true instant, due 24 hours later, treated or resolved by somebody (PROC 5.4)."""

import datetime
import shutil
import unittest

from coffre_cli import PASSPHRASE
from timed_case import TimedTestCase, stamp

HOUR = datetime.timedelta(hours=1)
TOO_OLD = 7 * 24 * HOUR + 6 * HOUR


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Clocks(TimedTestCase):
    def setUp(self):
        super().setUp()
        self.run_due()
        self.captured = instant(self.succeed_json("log")["snapshots"][0]["recorded_at"])
        shutil.rmtree(self.tree)  # from now on nothing can be captured

    def missing(self, *more):
        one, = self.anomalies("backup_missing", *more)
        return one

    def open_one(self, after=TOO_OLD + HOUR / 60):
        self.now = self.captured + after
        self.run_due(status=3)
        return self.missing()

    def test_proc_5_4_opened_when_it_became_true_and_due_24_hours_later(self):
        one = self.open_one(TOO_OLD + 5 * HOUR)
        self.assertEqual(one["opened"], stamp(self.captured + TOO_OLD))
        self.assertEqual(one["due"], stamp(self.captured + TOO_OLD + 24 * HOUR))
        self.assertEqual((one["state"], one["severity"], one["breached"]), ("open", "critical", False))
        self.assertGreater(one["detected"], one["opened"])

    def test_proc_5_4_one_found_late_is_in_breach_at_once(self):
        self.assertIs(self.open_one(TOO_OLD + 30 * HOUR)["breached"], True)

    def test_proc_5_4_neither_an_acknowledgement_nor_another_run_stops_the_clock(self):
        first = self.open_one()
        self.succeed("anomalies", "ack", first["id"], "-m", "on the way")
        self.later(hours=25)
        self.run_due(status=3)
        again = self.missing()
        self.assertEqual((again["id"], again["opened"], again["due"]),
                         (first["id"], first["opened"], first["due"]))
        self.assertEqual((again["state"], again["breached"]), ("acknowledged", True))

    def test_an_acknowledgement_is_said_once_and_of_one_that_is_late_as_such(self):
        one = self.open_one(TOO_OLD + 30 * HOUR)
        told = self.succeed("anomalies", "ack", one["id"], "-m", "on the way").out.decode()
        self.assertIn("it was to be treated by", told)
        self.assert_error(self.run_coffre("anomalies", "ack", one["id"], "-m", "more"), 1, one["id"])
        self.assertEqual(self.missing()["acknowledged"]["message"], "on the way")

    def test_proc_5_4_a_new_backup_ends_it_with_its_evidence(self):
        first = self.open_one()
        self.write("tree/config.xml", b"<camera/>\n")
        self.later(hours=2)
        self.run_due()
        self.assertEqual(self.anomalies("backup_missing"), [])
        ended = self.succeed_json("anomalies", "show", first["id"])["anomaly"]
        self.assertEqual(ended["state"], "resolved")
        self.assertIs(ended["resolved"]["by_rule"], True)
        commit = self.succeed_json("log")["snapshots"][0]["commit"]
        self.assertEqual(ended["resolved"]["evidence"], ["snapshot:" + commit])

    def test_proc_5_4_alerts_at_0_12_20_and_24_hours_once_each(self):
        self.settings(self.hook(events=["anomaly-opened", "anomaly-escalated"]))
        first = self.open_one()
        for _ in range(52):
            self.later(minutes=30)
            self.run_coffre("run")
        ours = [one for one in self.heard() if one["kind"] == "backup_missing"]
        self.assertEqual([one["id"] for one in ours], [f"{first['id']}-{h}" for h in (0, 12, 20, 24)])
        self.assertEqual([one["hours"] for one in ours], [0, 12, 20, 24])
        self.assertEqual({one["event"] for one in ours[1:]}, {"anomaly-escalated"})

    def test_proc_5_4_an_alert_that_was_not_delivered_is_sent_again_under_one_id(self):
        words = ["/bin/sh", "-c", f"cat >> {self.scratch / 'notes'}; test -e {self.scratch / 'works'}"]
        self.settings(self.hook(events=["anomaly-opened"], command=words))
        first = self.open_one()
        self.assertEqual(self.missing()["alerts"], [])
        self.later(minutes=15)
        self.run_due()
        self.write("works")
        self.later(minutes=15)
        self.run_due()
        self.later(minutes=15)
        self.run_due()
        ours = [one["id"] for one in self.heard() if one["kind"] == "backup_missing"]
        self.assertGreaterEqual(len(ours), 3)
        self.assertEqual(set(ours), {first["id"] + "-0"})
        count = len(ours)
        self.later(minutes=15)
        self.run_coffre("run")
        self.assertEqual(sum(one["kind"] == "backup_missing" for one in self.heard()), count)
        self.assertEqual([one["hours"] for one in self.missing()["alerts"]], [0])

    def test_proc_5_4_what_closes_by_itself_is_not_closed_by_a_person(self):
        one = self.open_one()
        self.assert_error(self.run_coffre("anomalies", "resolve", one["id"], "-m", "fine"), 16, one["id"])
        self.assertEqual(self.missing()["state"], "open")

    def test_proc_5_4_treated_only_by_somebody_of_the_site(self):
        one = self.open_one()
        words = ("anomalies", "treat", one["id"], "-m", "by hand")
        self.assert_error(self.run_coffre(*words), 16)
        self.assert_error(self.run_coffre(*words, "--person", "Nobody"), 16, "Nobody")
        self.assertEqual(self.missing()["state"], "open")
        alice = {"COFFRE_IDENTITY": self.scratch / "alice.identity", "COFFRE_PASSWORD": PASSPHRASE}
        made = self.run_bare("identity", "new", "--name", "Alice", "--json", env=alice)
        self.assert_error(self.run_coffre(*words, env=alice), 16)
        self.succeed("people", "add", "Alice", "--card", made.json["card"])
        self.succeed(*words, "--person", "Alice")
        other, = self.anomalies("contract_unknown")
        self.succeed("anomalies", "treat", other["id"], "-m", "asked for", env=alice)
        [other] = self.anomalies("contract_unknown")
        for treated, message in ((self.missing(), "by hand"), (other, "asked for")):
            self.assertEqual((treated["state"], treated["treated"]["person"], treated["treated"]["message"]),
                             ("treated", "Alice", message))

    def test_ids_are_found_by_their_beginning(self):
        one = self.open_one()
        for text in (one["id"], one["id"][:-1], one["id"][4:]):
            self.assertEqual(self.succeed_json("anomalies", "show", text)["anomaly"]["id"], one["id"])
        for text in ("ANO-zzzz", "ANO-", ""):
            self.assert_error(self.run_coffre("anomalies", "show", text), 1)

    def test_the_list_is_said_in_both_languages(self):
        self.open_one()
        english, french = (self.succeed("anomalies", env={"COFFRE_LANG": lang}).out.decode()
                           for lang in ("en", "fr"))
        self.assertIn("no complete backup", english)
        self.assertIn("aucune sauvegarde complète", french)
        self.assertIn("23 h left", english)


class Kinds(TimedTestCase):
    def test_proc_5_4_an_encryption_error_is_an_anomaly_and_ends_with_a_passed_test(self):
        self.run_due()
        self.later(days=8)
        self.machine = {"TEST_BAD_CIPHER": "1"}
        self.run_due(status=3)
        one, = self.anomalies("encryption_error")
        self.assertEqual(one["severity"], "critical")
        self.machine = {}
        self.later(days=8)
        self.run_due()
        self.assertEqual(self.anomalies("encryption_error"), [])

    def test_proc_5_4_lack_of_space_is_an_anomaly_and_ends_with_room(self):
        self.machine = {"TEST_FREE_BYTES": str(1 << 30), "TEST_TOTAL_BYTES": str(100 << 30)}
        self.run_due()
        one, = self.anomalies("space_low")
        self.assertEqual(one["severity"], "critical")
        self.assertEqual(one["details"]["free"], str(1 << 30))
        self.machine = {"TEST_FREE_BYTES": str(90 << 30), "TEST_TOTAL_BYTES": str(100 << 30)}
        self.later(days=1, hours=1)
        self.run_due()
        self.assertEqual(self.anomalies("space_low"), [])

    def test_proc_5_4_damage_is_an_anomaly(self):
        self.run_due()
        pack = next((self.repo / "packs").iterdir())
        whole = pack.read_bytes()
        pack.chmod(0o600)
        pack.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        self.assertEqual(self.run_coffre("verify").status, 13)
        self.assertEqual(len(self.anomalies("integrity")), 1)
        pack.write_bytes(whole)
        self.later(hours=2)
        self.succeed("verify")
        self.assertEqual(self.anomalies("integrity"), [])


if __name__ == "__main__":
    unittest.main()
