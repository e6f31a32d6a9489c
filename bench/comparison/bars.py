"""The bars of speed: what was wanted, what was measured, whether it is met."""
from dataclasses import dataclass

from comparison.engines import REVM_WHOLE_BLOCK
from comparison.samples import best_peer, compare, geometric_mean, is_weft
from comparison.tables import SEQUENTIAL, auto_of, busy, ratio, table


@dataclass
class Verdict:
    what: str
    bar: str
    measured: str = "not measured"
    met: bool = None

    def row(self):
        return [self.what, self.bar, self.measured, {None: "-", True: "met", False: "NOT MET"}[self.met]]


def at_least(what, bar, pairs, note=""):
    """pairs: (value, least). All must be reached; None for a value: not measured."""
    verdict = Verdict(what, bar)
    if pairs and all(value is not None for value, _ in pairs):
        verdict.measured = ", ".join(f"{value:.2f}" for value, _ in pairs) + note
        verdict.met = all(value >= least for value, least in pairs)
    return verdict


def whole_block(one, of):
    """revm's time with the block's system calls where it was run so, else as it is; None where it was not run."""
    cell = one.times(REVM_WHOLE_BLOCK) or one.times("revm")
    return getattr(cell, of)() if cell else None


class Bars:
    def __init__(self, samples):
        self.samples = samples
        self.auto = auto_of(samples.engines())

    def group(self, name):
        return busy(self.samples.of(name))

    def named(self, *starts):
        return [one for one in self.samples.inputs.values() if one.name.startswith(starts) and one.times(self.auto)]

    def all(self):
        rows = [self.sequential(), self.envelope(), self.overhead(), self.own_sequential(), *self.gigagas(), self.hot(),
                *self.serial(), *self.small(), *self.evm_only(), self.memory()]
        return rows

    def sequential(self):
        found = compare(self.group("mainnet"), SEQUENTIAL, "revm")
        return at_least("mainnet, sequential against revm: total, geometric mean", ">= 1.5, 1.5",
                        [(found.total, 1.5), (found.mean, 1.5)] if found else [])

    def envelope(self):
        inputs = self.group("mainnet")
        others = {engine for engine in self.samples.engines("mainnet") if not is_weft(engine) and not engine.startswith("revm")}
        least = 2.3 if others else 2.4
        found = compare(inputs, self.auto, best_peer) if self.auto else None
        what = "mainnet, auto against each block's fastest peer: total; slower blocks over 0.2 ms"
        verdict = at_least(what, f">= {least}, none", [(found.total, least)] if found else [])
        if found:
            slow = [one.name for one in inputs if one.times(self.auto) and best_peer(one)
                    and best_peer(one) > 0.2e6 and one.times(self.auto).best_ns() >= best_peer(one)]
            verdict.measured += f"; {', '.join(slow) or 'none'}"
            verdict.met = verdict.met and not slow
        return verdict

    def overhead(self):
        found = compare(self.group("mainnet"), "weft optimistic x1", SEQUENTIAL)
        verdict = Verdict("mainnet, optimistic on one thread, whole path: over sequential", "<= 5 %")
        if found:
            over = 100 * (1 / found.total - 1)
            verdict.measured, verdict.met = f"{over:.1f} %", over <= 5
        return verdict

    def own_sequential(self):
        inputs = [one for one in self.group("mainnet") if one.gas > 4e6]
        found = compare(inputs, self.auto, SEQUENTIAL) if self.auto else None
        what = "mainnet over 4 Mgas, auto against own sequential: total, worst block"
        if not found:
            return Verdict(what, ">= 1.75 or 92 % of the bound, 0.97")
        least, bar = 1.75, ">= 1.75"
        if all(one.bound_ns for one in inputs):
            allowed = 0.92 * sum(one.work_ns for one in inputs) / sum(one.bound_ns for one in inputs)
            least, bar = min(1.75, allowed), f">= 1.75 (92 % of the bound: {allowed:.2f})"
        return at_least(what, bar + ", 0.97", [(found.total, least), (found.worst, 0.97)], f" ({found.worst_input})")

    def gigagas(self):
        out = []
        for name in ("transfers-self", "transfers-random", "erc20-self", "erc20-random"):
            inputs = self.named(name)
            beside, own = compare(inputs, self.auto, "revm"), compare(inputs, self.auto, SEQUENTIAL)
            out.append(at_least(f"1 Ggas {name}, auto against revm, own sequential", ">= 3, 1.85",
                                [(beside and beside.total, 3), (own and own.total, 1.85)] if inputs else []))
        return out

    def hot(self):
        inputs = self.named(*(f"{kind}-hot-{percent}" for kind in ("transfers", "erc20") for percent in (30, 50, 90)))
        found = compare(inputs, self.auto, SEQUENTIAL) if inputs else None
        return at_least("hot transfers and ERC-20 (30, 50, 90 %), auto against own sequential: worst", ">= 1.6",
                        [(found.worst, 1.6)] if found else [], f" ({found.worst_input})" if found else "")

    def serial(self):
        out = []
        for name, least in (("uniswap-hot", 0.98), ("uniswap-serial-30", 1.5), ("uniswap-serial-90", 0.98)):
            found = compare(self.named(name), self.auto, SEQUENTIAL)
            out.append(at_least(f"{name}, auto against own sequential", f">= {least}", [(found.total, least)] if found else []))
        return out

    def small(self):
        out = []
        inputs = [one for one in self.samples.inputs.values() if 1 <= one.txs <= 50 and one.group in ("small", "mainnet")]
        often = [one for one in inputs if one.group == "small"]  # of few runs the 99th percentile is the slowest one
        for words, of, these in (("best", "best_ns", inputs), ("p99", "p99_ns", often)):
            out.append(self.worst(f"blocks of 1 to 50 transactions, {words}, auto against revm with the block's system calls"
                                  " (of mainnet's without)", these, lambda one, of=of: whole_block(one, of), of))
            out.append(self.worst(f"the same, {words}, revm without system calls", often, "revm", of))
        return out

    def worst(self, what, inputs, peer, of):
        """auto on these inputs, at least as fast as the peer on each."""
        found = compare(inputs, self.auto, peer, of) if self.auto else None
        return at_least(f"{what}: worst", ">= 1", [(found.worst, 1)] if found else [],
                        f" ({found.worst_input})" if found else "")

    def evm_only(self):
        """Sequential Weft against the better of revm and evmone."""
        def better(one):
            times = [one.times(engine).best_ns() for engine in one.cells
                     if engine.split()[0] in ("revm", "evmone") and one.times(engine) and one.cells[engine].ok]
            return min(times, default=None)
        found = compare(self.group("eest") + self.group("evm"), SEQUENTIAL, better)
        what = "EVM-only cases (groups eest, evm), sequential against the better of revm and evmone: geometric mean, worst"
        return [at_least(what, "> 1, 0.9", [(found.mean, 1), (found.worst, 0.9)] if found else [],
                         f" ({found.worst_input})" if found else "")]

    def memory(self):
        pairs = [(one.cells["revm"].rss_kib / one.cells[self.auto].rss_kib, one.name) for one in self.samples.inputs.values()
                 if self.auto in one.cells and "revm" in one.cells and one.cells["revm"].rss_kib and one.cells[self.auto].rss_kib]
        verdict = Verdict("peak memory, revm's through Weft's: worst block", ">= 1")
        if pairs:
            worst = min(pairs)
            verdict.measured = f"{worst[0]:.2f} ({worst[1]}); geometric mean {ratio(geometric_mean(p[0] for p in pairs))}"
            verdict.met = worst[0] >= 1
        return verdict


def bar_table(samples):
    rows = [verdict.row() for verdict in Bars(samples).all()]
    return table(["bar", "wanted", "measured", ""], rows), rows
