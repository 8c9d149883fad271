"""Results as text and as charts."""
from xml.sax.saxutils import escape


def ratio_to(results, rival):
    base = next((row["wall"] for name, row in results.items() if rival in name), None)
    best = min((row["wall"] for row in results.values() if row["ours"]), default=None)
    return base / best if base and best else None


def show(title, files, results):
    print(f"\n{title}\n")
    print(f"  {'':28}{'seconds':>9}{'min':>8}{'max':>8}{'files/s':>9}{'CPU s':>8}{'MB out':>8}"
          f"{'PSNR-Y':>8}{'peak MB':>9}")
    for name, row in results.items():
        psnr = f"{row['psnr']:8.2f}" if row.get("psnr") else f"{'':8}"
        size = f"{row['bytes'] / 1e6:8.1f}" if row.get("bytes") else f"{'':8}"
        peak = f"{row['peak'] / 1e6:9.0f}" if row.get("peak") else ""
        if row.get("odd"):
            peak += f"  ({row['odd']} of another size than asked for)"
        print(f"  {name:28}{row['wall']:9.2f}{row['least']:8.2f}{row['most']:8.2f}"
              f"{files / row['wall']:9.0f}{row['cpu']:8.2f}{size}{psnr}{peak}")
    for rival in ("sharp", "vipsthumbnail"):
        ratio = ratio_to(results, rival)
        if ratio:
            print(f"  our best against {rival}: {ratio:.2f}x")


BAR, GAP, LABEL, WIDTH = 22, 8, 210, 760
# Readable on a light and on a dark page.
STYLE = ("<style>text{fill:#333}.o{fill:#0b7a75}.r{fill:#9aa5b1}"
         "@media(prefers-color-scheme:dark){text{fill:#ddd}.o{fill:#2ec4b6}.r{fill:#6b7785}}</style>")


def chart(title, unit, values, ours):
    """Horizontal bars as SVG; `values` by name, `ours` the names to stand out."""
    most = max(values.values())
    height = 46 + len(values) * (BAR + GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="13">',
        STYLE,
        f'<text x="0" y="18" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (name, value) in enumerate(values.items()):
        top = 32 + number * (BAR + GAP)
        length = max(1, (WIDTH - LABEL - 90) * value / most)
        kind = "o" if name in ours else "r"
        lines.append(f'<text x="{LABEL - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>'
                     f'<rect class="{kind}" x="{LABEL}" y="{top}" width="{length:.1f}" '
                     f'height="{BAR}" rx="2"/>'
                     f'<text x="{LABEL + length + 6:.1f}" y="{top + 16}">{value:.2f} {unit}</text>')
    return "\n".join(lines + ["</svg>"]) + "\n"


# Who is shown in the overview, by a part of the name, and as what.
SHOWN = (("sharp", "sharp"), ("vipsthumbnail", "vipsthumbnail"), ("Pillow, processes", "Pillow"),
         (" mogrify", "mogrify"))
# Bars end here; what is longer says so in figures alone.
LONGEST = 12


def overview_rows(parts):
    """(title, [(who, how many times our time)]) for each comparison."""
    for part in parts.values():
        if not isinstance(part, dict) or "results" not in part:
            continue
        best = min(row["wall"] for row in part["results"].values() if row["ours"])
        rows = [("batchresize", 1.0)]
        for piece, shown in SHOWN:
            rows += [(shown, row["wall"] / best) for who, row in part["results"].items() if piece in who][:1]
        yield f"{part['title']}: {part['files']:,} files in {best:.2f} s", rows


def overview(parts, workers):
    """All comparisons in one picture: how many times as long the others take."""
    lines, top = [], 36
    for title, rows in overview_rows(parts):
        lines.append(f'<text x="0" y="{top + 14}" font-weight="bold">{escape(title)}</text>')
        top += 20
        for who, times in rows:
            length = (WIDTH - LABEL - 90) * min(times, LONGEST) / LONGEST
            lines.append(f'<text x="{LABEL - 8}" y="{top + 12}" text-anchor="end">{escape(who)}</text>'
                         f'<rect class="{"o" if who == "batchresize" else "r"}" x="{LABEL}" y="{top}" '
                         f'width="{length:.1f}" height="15" rx="2"/>'
                         f'<text x="{LABEL + length + 6:.1f}" y="{top + 12}">{times:.1f}x</text>')
            top += 18
        top += 10
    title = f"Time for the same work, {workers} workers, as multiples of ours (less is better)"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="13">', STYLE,
        f'<text x="0" y="18" font-size="15" font-weight="bold">{escape(title)}</text>']
    return "\n".join(head + lines + ["</svg>"]) + "\n"
