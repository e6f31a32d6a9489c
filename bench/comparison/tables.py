"""Tables as text, and everything as JSON."""
from comparison.samples import best_peer, compare, is_weft

SEQUENTIAL = "weft seq"


def milliseconds(nanoseconds):
    return "-" if not nanoseconds else f"{nanoseconds / 1e6:.{3 if nanoseconds >= 1e5 else 4}f}"


def ratio(value):
    return "-" if value is None else f"{value:.2f}"


def table(head, rows):
    """Columns as wide as they need be; the first to the left, the others to the right."""
    cells = [head, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join("  ".join(text.ljust(widths[i]) if i == 0 else text.rjust(widths[i])
                               for i, text in enumerate(row)).rstrip() for row in cells)


def auto_of(engines):
    """Weft as its users run it: the parallel executor that chooses for itself."""
    return next((engine for engine in engines if engine.startswith("weft auto")), None)


def block_table(samples, group):
    """Each block: every engine's best and median, the main engine against the best peer and its own sequential."""
    inputs, engines = samples.of(group), samples.engines(group)
    engines = [engine for engine in engines if any(one.times(engine) for one in inputs)]
    main = auto_of(engines) or next((engine for engine in engines if is_weft(engine)), None)
    small = group == "small"
    bounded = any(one.bound_ns for one in inputs)
    head = [group, "txs", "Mgas", *(f"{engine} ms" for engine in engines)]
    head += [f"{engine} p99" for engine in engines if small and any(c.times(engine) and c.cells[engine].p99 for c in inputs)]
    head += ["/ best peer", "/ own seq"] + (["bound ms", "/ bound"] if bounded else [])
    rows = []
    for one in inputs:
        row = [one.name, str(one.txs), f"{one.gas / 1e6:.2f}"]
        for engine in engines:
            cell = one.times(engine)
            wrong = engine in one.cells and not one.cells[engine].ok
            times = f"{milliseconds(cell.best_ns())} ({milliseconds(cell.median_ns())})" if cell else "-"
            row.append(times + ((" WRONG" if cell else " no result") if wrong else ""))
        if small:
            row += [milliseconds(one.cells[engine].p99_ns()) if one.times(engine) else "-" for engine in engines
                    if any(c.times(engine) and c.cells[engine].p99 for c in inputs)]
        own = one.times(main) if main else None
        peer, sequential = best_peer(one), one.times(SEQUENTIAL)
        row.append(ratio(peer / own.best_ns() if own and peer else None))
        row.append(ratio(sequential.best_ns() / own.best_ns() if own and sequential else None))
        if bounded:
            row += [milliseconds(one.bound_ns), ratio(one.bound_ns / own.best_ns() if own and one.bound_ns else None)]
        rows.append(row)
    note = f"ms: fastest of all rounds (median of their medians); last columns: how many times as fast {main} is"
    return table(head, rows) + "\n" + (note if main else "ms: fastest of all rounds (median of their medians)")


def busy(inputs):
    return [one for one in inputs if one.txs > 0]


def total_table(samples, group):
    """Each engine over the blocks that have transactions."""
    inputs, engines = busy(samples.of(group)), samples.engines(group)
    head = [f"{group}, total", "blocks", "best ms", "median ms", "Mgas/s", "/ revm", "geo. mean", "/ own seq",
            "geo. mean", "worst", "at", "/ best peer", "geo. mean"]
    rows = []
    for engine in engines:
        ran = [one for one in inputs if one.times(engine)]
        if not ran:
            continue
        total = sum(one.cells[engine].best_ns() for one in ran)
        row = [engine, str(len(ran)), milliseconds(total), milliseconds(sum(one.cells[engine].median_ns() for one in ran)),
               f"{sum(one.gas for one in ran) * 1e3 / total:.0f}"]
        beside = compare(ran, engine, "revm") if engine != "revm" else None
        row += [ratio(beside and beside.total), ratio(beside and beside.mean)]
        own = compare(ran, engine, SEQUENTIAL) if is_weft(engine) and engine != SEQUENTIAL else None
        row += [ratio(own and own.total), ratio(own and own.mean), ratio(own and own.worst), own.worst_input if own else "-"]
        best = compare(ran, engine, best_peer) if is_weft(engine) else None
        row += [ratio(best and best.total), ratio(best and best.mean)]
        rows.append(row)
    return table(head, rows)


def right_or_wrong(samples):
    """Whether every engine said ok everywhere, in words."""
    wrong, missing = samples.wrong(), samples.missing()
    count = sum(len(one.cells) for one in samples.inputs.values())
    if not count:
        return "Nothing was run."
    if not wrong and not missing:
        return f"Right: all {count} results (engine and block); gas used and logs bloom are the header's in every run."
    lines = []
    for one, engine in wrong:
        cell = one.cells[engine]
        silent = f" ({cell.why})" if cell.why else ""
        lines.append(f"{'NO RESULT' if silent else 'WRONG'}: {engine} on {one.group}/{one.name}{silent}")
    lines += [f"NO RESULT: {engine} on {one.group}/{one.name}" for one, engine in missing]
    return "\n".join(lines)


def as_json(samples, about, verdicts):
    def cell(one):
        if not one.best:
            return {"ok": one.ok, "rss_kib": one.rss_kib}
        return {"best_ns": one.best_ns(), "median_ns": one.median_ns(), "p99_ns": one.p99_ns(), "ok": one.ok,
                "rounds_best_ns": one.best, "rss_kib": one.rss_kib}
    return {
        "about": about,
        "inputs": [{"group": one.group, "input": one.name, "txs": one.txs, "gas": one.gas, "fork": one.fork,
                    "work_ns": one.work_ns, "bound_ns": one.bound_ns,
                    "engines": {engine: cell(c) for engine, c in one.cells.items()}} for one in samples.inputs.values()],
        "totals": {group: {engine: sum(one.cells[engine].best_ns() for one in busy(samples.of(group)) if one.times(engine))
                           for engine in samples.engines(group)} for group in samples.groups()},
        "bars": verdicts,
    }
