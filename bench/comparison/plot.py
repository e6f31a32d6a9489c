"""A plot of the comparison: for each group, each engine's speed beside revm's on every block, on a logarithmic scale."""
import math
from xml.sax.saxutils import escape

COLOURS = ("#1b6ca8", "#d1495b", "#66a182", "#edae49", "#7b5ea7", "#3d405b", "#a44a3f", "#5f9ea0")
STEP, HEIGHT, LEFT, TOP = 22, 220, 60, 46


class Panel:
    """One group: blocks along x, time of the reference divided by the engine's time along y."""

    def __init__(self, samples, group, reference):
        self.inputs = [one for one in samples.of(group) if one.times(reference)]
        self.engines = [engine for engine in samples.engines(group) if engine != reference]
        self.group, self.reference = group, reference
        self.points = {engine: [(i, one.cells[reference].best_ns() / one.cells[engine].best_ns())
                                for i, one in enumerate(self.inputs) if one.times(engine)] for engine in self.engines}
        ratios = [ratio for points in self.points.values() for _, ratio in points] or [1]
        self.low = 2 ** math.floor(math.log2(min(*ratios, 0.99)))
        self.high = 2 ** math.ceil(math.log2(max(*ratios, 1.01)))
        self.width = LEFT + STEP * max(len(self.inputs), 12) + 170

    def y(self, ratio):
        return TOP + HEIGHT * (1 - math.log(ratio / self.low) / math.log(self.high / self.low))

    def svg(self, colours, top):
        out = [f'<g transform="translate(0,{top})">',
               f'<text x="{LEFT}" y="22" font-weight="bold">{escape(self.group)}: times as fast as {escape(self.reference)}</text>']
        right = LEFT + STEP * max(len(self.inputs), 12)
        tick = self.low
        while tick <= self.high:
            y = self.y(tick)
            out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{"#444" if tick == 1 else "#ddd"}"/>')
            out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
            tick *= 2
        for engine, points in self.points.items():
            marks = [(LEFT + STEP * (i + 0.5), self.y(ratio)) for i, ratio in points]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in marks)
            out.append(f'<polyline points="{line}" fill="none" stroke="{colours[engine]}" stroke-opacity="0.35"/>')
            out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colours[engine]}"/>' for x, y in marks]
        for i, engine in enumerate(self.engines):
            y = TOP + 8 + 16 * i
            out.append(f'<circle cx="{right + 14}" cy="{y - 4}" r="4" fill="{colours[engine]}"/>')
            out.append(f'<text x="{right + 24}" y="{y}">{escape(engine)}</text>')
        for i, one in enumerate(self.inputs):
            x, y = LEFT + STEP * (i + 0.5) + 4, TOP + HEIGHT + 12
            out.append(f'<text x="{x:.1f}" y="{y}" transform="rotate(-60 {x:.1f} {y})" text-anchor="end" '
                       f'font-size="10">{escape(one.name)}</text>')
        return out + ["</g>"]


def plot(samples, reference="revm"):
    """The SVG, or None where the reference ran nowhere."""
    panels = [Panel(samples, group, reference) for group in samples.groups() if reference in samples.engines(group)]
    panels = [panel for panel in panels if panel.inputs and panel.engines]
    if not panels:
        return None
    engines = list(dict.fromkeys(engine for panel in panels for engine in panel.engines))
    colours = {engine: COLOURS[i % len(COLOURS)] for i, engine in enumerate(engines)}
    room = TOP + HEIGHT + 130
    width, height = max(panel.width for panel in panels), room * len(panels)
    body = [row for i, panel in enumerate(panels) for row in panel.svg(colours, room * i)]
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      'font-family="sans-serif" font-size="12">',
                      '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>", ""])
