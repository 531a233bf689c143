"""Curves of recall over the share of innocents alerted, as an SVG that stands in the docs."""

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, TOP = 640, 380, 60, 20
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
COLOURS = ("#1b4f72", "#b03a2e", "#1e8449", "#7d3c98", "#000000")


def draw(lines: Mapping[str, Sequence[float]], title: str) -> str:
    """Return the picture. `lines`: {name: recall at each of SHARES}."""
    wide, high = WIDTH - LEFT - 130, HEIGHT - TOP - 60
    across = [LEFT + wide * i / (len(SHARES) - 1) for i in range(len(SHARES))]

    def up(value: float) -> float:
        return TOP + high * (1 - value)

    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" role="img"><title>{title}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    )
    out = [head]
    for tenth in range(0, 11, 2):
        level = up(tenth / 10)
        out.append(f'<path d="M{LEFT} {level:.1f}H{LEFT + wide}" stroke="#ddd"/>')
        out.append(
            f'<text x="{LEFT - 8}" y="{level + 4:.1f}" text-anchor="end">{tenth / 10}</text>'
        )
    for x, share in zip(across, SHARES, strict=True):
        label = f"{share * 100:g} %"
        out.append(f'<text x="{x:.1f}" y="{TOP + high + 18}" text-anchor="middle">{label}</text>')
    out.append(
        f'<text x="{LEFT + wide / 2}" y="{TOP + high + 40}" text-anchor="middle">innocents alerted</text>'
    )
    ends = sorted(lines, key=lambda name: -lines[name][-1])
    for place, (name, values) in enumerate(lines.items()):
        colour = COLOURS[place % len(COLOURS)]
        points = " ".join(f"{x:.1f},{up(v):.1f}" for x, v in zip(across, values, strict=True))
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        level = TOP + 14 + 18 * ends.index(name)
        out.append(f'<text x="{LEFT + wide + 12}" y="{level}" fill="{colour}">{name}</text>')
    return "\n".join(out) + "\n</svg>\n"
