#!/usr/bin/env python3
"""compare_test.py PROGRAM: tests of bench/compare, with `weft` as given. Prints `N passed, N failed, N skipped`."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "bench"))
from comparison import bars, engines, inputs, plot, samples, tables  # noqa: E402

WEFT = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release", "weft")
FAKE = f"{sys.executable} {os.path.join(HERE, 'fake_peer.py')}"


def line(engine, name, best, median=None, group="mainnet", **more):
    return {"engine": engine, "group": group, "input": name, "best_ns": best, "median_ns": median or best, "ok": True,
            "txs": 10, "gas": 5_000_000, **more}


def gather(*lines):
    out = samples.Samples()
    for one in lines:
        out.add(one)
    return out


class Figures(unittest.TestCase):
    def test_the_fastest_of_all_rounds_and_the_median_of_their_medians(self):
        found = gather(line("revm", "1", 30, 40), line("revm", "1", 20, 90), line("revm", "1", 25, 50))
        cell = found.of("mainnet")[0].cells["revm"]
        self.assertEqual((cell.best_ns(), cell.median_ns(), cell.p99_ns()), (20, 50, None))

    def test_p99_is_the_quietest_round_s(self):
        found = gather(line("revm", "1", 1, p99_ns=9), line("revm", "1", 1, p99_ns=7))
        self.assertEqual(found.of("mainnet")[0].cells["revm"].p99_ns(), 7)

    def test_geometric_mean(self):
        self.assertAlmostEqual(samples.geometric_mean([1, 4, 16]), 4)
        self.assertIsNone(samples.geometric_mean([]))

    def test_comparison_counts_only_what_both_ran(self):
        found = gather(line("weft seq", "1", 10), line("revm", "1", 20), line("weft seq", "2", 10), line("revm", "2", 80),
                       line("revm", "3", 1))
        beside = samples.compare(found.of("mainnet"), "weft seq", "revm")
        self.assertEqual((beside.count, beside.total, beside.mean, beside.worst, beside.worst_input), (2, 5, 4, 2, "1"))
        self.assertIsNone(samples.compare(found.of("mainnet"), "weft seq", "pevm"))

    def test_the_best_peer_is_right_and_not_weft(self):
        found = gather(line("weft seq", "1", 1), line("revm", "1", 9), line("pevm", "1", 8), line("wrong", "1", 2, ok=False))
        self.assertEqual(samples.best_peer(found.of("mainnet")[0]), 8)

    def test_wrong_and_missing_results_are_told(self):
        found = gather(line("revm", "1", 5), line("revm", "2", 5), line("weft seq", "1", 5, ok=False))
        words = tables.right_or_wrong(found)
        self.assertIn("WRONG: weft seq on mainnet/1", words)
        self.assertIn("NO RESULT: weft seq on mainnet/2", words)
        self.assertIn("all 1 results", tables.right_or_wrong(gather(line("revm", "1", 5))))

    def test_a_line_without_a_time_is_refused(self):
        with self.assertRaisesRegex(ValueError, "line 2 has no best_ns"):
            samples.parse_lines('{"engine":"a","best_ns":1,"median_ns":1}\n{"engine":"a","median_ns":1}')

    def test_lines_without_names_go_by_the_order_of_folders(self):
        weft = engines.weft_engines("weft", 2)[0]
        lines = [{"executor": executor, "best_ns": i} for i in range(2) for executor in ("sequential", "auto")]
        named = [(one["engine"], one["input"], one["best_ns"]) for one in engines.ordered(weft, ["a/x", "a/y"], lines, "mainnet")]
        self.assertEqual(named, [("weft seq", "x", 0), ("weft seq", "y", 1), ("weft auto x2", "x", 0), ("weft auto x2", "y", 1)])
        self.assertIsNone(engines.ordered(weft, ["a/x", "a/y"], lines[:2], "mainnet"))
        # Files have cases of one name.
        named = engines.ordered(weft, ["eest/one.a/x", "eest/one.b/x"], lines, "eest")
        self.assertEqual({one["input"] for one in named}, {"a/x", "b/x"})

    def test_names_of_peers(self):
        self.assertEqual(engines.peer_of(f"mine={sys.executable} -x").name, "mine")
        self.assertEqual(engines.peer_of(f"{sys.executable} --threads 2").name, f"{os.path.basename(sys.executable)} --threads 2")
        with self.assertRaises(engines.Trouble):
            engines.peer_of("no/such/program")


class Verdicts(unittest.TestCase):
    def verdict(self, start, found):
        return next(one for one in bars.Bars(found).all() if one.what.startswith(start))

    def test_met_and_not_met(self):
        def at(time):
            return gather(line("weft seq", "1", time), line("weft auto x2", "1", time), line("revm", "1", 1500))
        self.assertTrue(self.verdict("mainnet, sequential", at(1000)).met)
        self.assertFalse(self.verdict("mainnet, sequential", at(1001)).met)
        self.assertIsNone(self.verdict("1 Ggas transfers-self", at(1000)).met)

    def test_a_single_slower_block_breaks_the_envelope(self):
        found = gather(line("weft auto x2", "1", 1_000_000), line("revm", "1", 9_000_000),
                       line("weft auto x2", "2", 300_000), line("revm", "2", 250_000))
        one = self.verdict("mainnet, auto against each block's", found)
        self.assertFalse(one.met)
        self.assertIn("; 2", one.measured)

    def test_the_bound_lowers_what_two_threads_owe(self):
        lines = [line("weft seq", "1", 1000), line("weft auto x2", "1", 1000)]
        self.assertFalse(self.verdict("mainnet over 4 Mgas", gather(*lines)).met)
        bound = {"engine": "bound", "group": "mainnet", "input": "1", "work_ns": 1000, "bound_ns": 1000}
        self.assertTrue(self.verdict("mainnet over 4 Mgas", gather(*lines, bound)).met)

    def test_small_blocks_by_best_and_by_p99(self):
        found = gather(line("weft auto x2", "a", 10, group="small", p99_ns=30), line("revm", "a", 20, group="small", p99_ns=25))
        best, p99 = (one for one in bars.Bars(found).all() if one.what.startswith("blocks of 1 to 50"))
        self.assertEqual((best.met, p99.met), (True, False))

    def test_small_blocks_are_held_against_revm_with_the_block_s_system_calls(self):
        """Where it was run so; what it takes without them is a row of its own."""
        lines = [line("weft auto x2", "a", 14, group="small", p99_ns=30), line("revm", "a", 11, group="small", p99_ns=25),
                 line("revm block", "a", 39, group="small", p99_ns=45),
                 line("weft auto x2", "1", 10), line("revm", "1", 11)]
        found = bars.Bars(gather(*lines)).all()
        self.assertEqual([one.met for one in found if one.what.startswith("blocks of 1 to 50")], [True, True])
        self.assertEqual([one.met for one in found if one.what.startswith("the same, ")], [False, False])
        slow = gather(*lines, line("revm block", "a", 13, group="small", p99_ns=45))
        self.assertFalse(self.verdict("blocks of 1 to 50 transactions, best", slow).met)
        # Of mainnet's blocks there is only the other form, and it counts.
        slow = gather(*lines, line("weft auto x2", "2", 12), line("revm", "2", 11))
        self.assertFalse(self.verdict("blocks of 1 to 50 transactions, best", slow).met)

    def test_memory(self):
        def peak(engine, kib):
            return {"engine": engine, "group": "mainnet", "input": "1", "best_ns": None, "median_ns": None, "ok": True,
                    "rss_kib": kib}
        self.assertTrue(self.verdict("peak memory", gather(peak("weft auto x2", 10), peak("revm", 10))).met)
        self.assertFalse(self.verdict("peak memory", gather(peak("weft auto x2", 11), peak("revm", 10))).met)


class Drawing(unittest.TestCase):
    def test_a_point_for_each_engine_and_block(self):
        found = gather(line("revm", "1", 10), line("revm", "2", 10), line("a<b", "1", 5), line("a<b", "2", 40))
        root = ElementTree.fromstring(plot.plot(found))
        dots = [node for node in root.iter() if node.tag.endswith("circle") and node.get("r") == "3"]
        self.assertEqual(len(dots), 2)
        self.assertLess(float(dots[0].get("cy")), float(dots[1].get("cy")))  # the faster one is higher up

    def test_no_reference_no_plot(self):
        self.assertIsNone(plot.plot(gather(line("a", "1", 10))))


class Smoke(unittest.TestCase):
    """The whole program on two small blocks, without network or Rust."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.blocks = os.path.join(self.folder.name, "blocks")
        for count in (1, 20):
            made = [WEFT, "workload", "transfers", "--txs", str(count), "--accounts", "30", "-o", f"{self.blocks}/t{count}"]
            subprocess.run(made, check=True, capture_output=True)

    def compare(self, *arguments):
        out = os.path.join(self.folder.name, "out")
        command = [os.path.join(ROOT, "bench", "compare"), "--weft", WEFT, "--weft-only", "--no-build", "--inputs",
                   self.blocks, "--rounds", "2", "--repeat", "3", "--out", out, *arguments]
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
        return done, out

    def test_tables_json_and_plot(self):
        done, out = self.compare("--peer", f"revm={FAKE} 100")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(out, "compare.json")) as file:
            whole = json.load(file)
        cells = {one["input"]: one["engines"] for one in whole["inputs"]}
        self.assertEqual(set(cells), {"t1", "t20"})
        self.assertEqual(cells["t20"]["revm"]["best_ns"], 2_000_000)
        self.assertEqual(len(cells["t20"]["weft seq"]["rounds_best_ns"]), 2)
        self.assertIn("Right: all 6 results", done.stdout)
        self.assertIn("machine: ", done.stdout)
        ElementTree.parse(os.path.join(out, "compare.svg"))
        again = subprocess.run([sys.executable, os.path.join(ROOT, "bench", "compare"), "--report", "--out", out],
                               capture_output=True, text=True)
        self.assertEqual(again.stdout, done.stdout)

    def test_a_fixture_becomes_a_block_with_its_rules(self):
        tests = os.path.join(ROOT, ".data", "eest-benchmark", "blockchain_tests", "for_osaka_at_0030M")
        if not os.path.isdir(tests):
            self.skipTest(".data/eest-benchmark is not there")
        out = os.path.join(self.folder.name, "fixtures")
        file = os.path.join(tests, "compute", "instruction", "arithmetic", "arithmetic.json")
        done = subprocess.run([WEFT, "blocktest", "--export", out, "--run", "opcode_ADD-", file], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = inputs.given_folder(os.path.join(out, "arithmetic.arithmetic"))
        self.assertEqual(len(found), 1)
        with open(os.path.join(found[0], "genesis.json")) as genesis:
            self.assertEqual(json.load(genesis)["config"]["osakaTime"], 0)
        ran = subprocess.run([WEFT, "run", "--json", "--repeat", "1", *found], capture_output=True, text=True)
        lines = samples.parse_lines(ran.stdout)
        self.assertEqual([(one["fork"], one["ok"]) for one in lines], [("Osaka", True)] * 2)

    def test_a_wrong_and_a_silent_peer(self):
        done, _ = self.compare("--peer", f"bad={FAKE} 5 --wrong t1", "--peer", f"mute={FAKE} 5 --silent t20")
        self.assertEqual(done.returncode, 1)
        self.assertIn("WRONG: bad on given/t1", done.stdout)
        self.assertIn("NO RESULT: mute on given/t20 (", done.stdout)

    @unittest.skipUnless(engines.can_measure_memory(), "there is no GNU time (package time)")
    def test_peak_memory_is_the_program_s_own(self):
        held = bytearray(64 << 20)  # what this process holds is not the program's
        small = engines.peak_memory(engines.Engine("true", ["true"]), "-")
        self.assertLess(small, 16 << 10)
        self.assertEqual(len(held), 64 << 20)
        done, out = self.compare("--memory", "--peer", f"revm={FAKE} 5")
        self.assertIn("peak memory, revm's through Weft's", done.stdout)
        with open(os.path.join(out, "compare.json")) as file:
            cells = json.load(file)["inputs"][0]["engines"]
        self.assertGreater(cells["weft auto x2"]["rss_kib"], 1000)

    def test_alone_runs_the_chosen_executor_only(self):
        ran = subprocess.run([WEFT, "run", "--json", "--alone", "--executor", "optimistic", "--threads", "2", "--repeat", "1",
                              f"{self.blocks}/t20"], capture_output=True, text=True)
        self.assertEqual([(one["executor"], one["ok"]) for one in samples.parse_lines(ran.stdout)], [("optimistic", True)])

    def test_what_is_not_there_is_said(self):
        done, _ = self.compare("--peer", "no/such/engine")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no/such/engine: no such program", done.stderr)

    def test_peers_that_cannot_be_built_are_named(self):
        path, peers = os.environ["PATH"], engines.PEERS
        try:
            os.environ["PATH"], engines.PEERS = "", os.path.join(self.folder.name, "nothing")
            found, left_out = engines.own_peers(True, [])
        finally:
            os.environ["PATH"], engines.PEERS = path, peers
        self.assertEqual(found, [])
        self.assertIn("there is no cargo", left_out[0])
        self.assertIn("revm is left out", left_out[1])

    def test_inputs_that_nobody_knows(self):
        with self.assertRaises(engines.Trouble):
            inputs.batches(["nonsense"], None, None, False)


if __name__ == "__main__":
    outcome = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    bad = len(outcome.failures) + len(outcome.errors)
    for _, reason in outcome.skipped:
        print(f"skipped: {reason}")
    skipped = len(outcome.skipped)
    print(f"{outcome.testsRun - bad - skipped} passed, {bad} failed, {skipped} skipped")
    sys.exit(1 if bad else 0)
