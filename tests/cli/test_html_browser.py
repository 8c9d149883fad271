"""The page of --html as a browser shows it: figures, width, contrast; nothing is loaded and nothing goes wrong."""

import os

import pytest

from browser import browser  # noqa: F401 a fixture
from conftest import draw
from test_html import STAGES, about, made, total_ms

WIDTHS = (360, 800, 1600)
SCHEMES = ("light", "dark")

# Every piece of text with its colour, and the colours behind it, the nearest first.
TEXTS = """
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.getClientRects().length || element.closest('title'))
        continue;
    const behind = [];
    for (let at = element; at; at = at.parentElement)
        behind.push(getComputedStyle(at).backgroundColor);
    const style = getComputedStyle(element);
    found.push([node.data.trim().slice(0, 40), element.namespaceURI.endsWith('svg') ? style.fill : style.color, behind]);
}
return found;
"""

# What a chart is read by, with the colours behind it.
SHAPES = """
const found = [];
for (const shape of document.querySelectorAll('.s0,.s1,.s2,.s3,.s4,.s5,.bar,.line')) {
    const style = getComputedStyle(shape);
    const behind = [getComputedStyle(shape.closest('svg')).backgroundColor];
    for (let at = shape.closest('svg').parentElement; at; at = at.parentElement)
        behind.push(getComputedStyle(at).backgroundColor);
    found.push([shape.getAttribute('class'), style.fill === 'none' ? style.stroke : style.fill, behind]);
}
return found;
"""


def channels(colour):
    """rgb(1, 2, 3) or rgba(1, 2, 3, 0)."""
    numbers = [float(number) for number in colour[colour.index("(") + 1:-1].split(",")]
    return numbers[:3], numbers[3] if len(numbers) > 3 else 1


def luminance(colour):
    """WCAG 2.1, "relative luminance"."""
    parts = [value / 255 for value in channels(colour)[0]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour, behind):
    """WCAG 2.1, "contrast ratio", with what is not transparent behind it."""
    ground = next(other for other in behind if channels(other)[1] > 0)
    darker, lighter = sorted((luminance(colour), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page with all that there can be, and its report; and one of a run that found nothing."""
    from conftest import Directory  # one for all tests of the module
    directory = Directory(tmp_path_factory.mktemp("pages"))
    directory.copy("photos/sea.jpg", "in/" + "long-name-" * 20 + ".jpg", "in/<b>&amp;\n\u202e.jpg")
    directory.copy("photos/flower.jpg", "in/flower.jpg")
    for number in range(30):
        draw(directory, "in/small%d.png" % number, 3 * number)
    directory.copy("broken/truncated.jpg", "in/cut.jpg", "in/" + "without-a-space" * 12 + ".jpg")
    (directory / os.fsdecode(b"in/\xff\xfe.jpg")).write_bytes(b"")
    done = directory.run("-s", "300,90", "--html=page.html", "-o", "out", "in", mode="process")
    (directory / "none").mkdir()
    directory.run("--html=empty.html", "-o", "out", "none")
    return directory / "page.html", directory / "empty.html", done.report


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_goes_wrong(browser, pages, width, scheme):  # noqa: F811
    for page in pages[:2]:
        browser.show(page, width, scheme)
        assert browser.run("return document.documentElement.scrollWidth") <= width
        wide = browser.run("return [...document.querySelectorAll('body *')].filter(e => !e.closest('.table,svg') && "
                           "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))")
        assert not wide, wide
        assert not browser.complaints()
        assert browser.run("return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length") == 0
        broken = browser.run("return [...document.images].filter(i => { i.loading = 'eager'; return i.complete && !i.naturalWidth; "
                             "}).length")
        assert broken == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_contrast(browser, pages, scheme):  # noqa: F811
    """WCAG 2.1 AA: 4.5:1 for text, 3:1 for what a chart is read by."""
    browser.show(pages[0], 1200, scheme)
    browser.run("for (const d of document.querySelectorAll('details')) d.open = true")
    texts = browser.run(TEXTS)
    assert len(texts) > 200
    assert not [(words, colour) for words, colour, behind in texts if contrast(colour, behind) < 4.5]
    shapes = browser.run(SHAPES)
    assert {"s0", "s1", "s2", "s3", "s4", "bar", "line"} <= {name for name, _, _ in shapes}
    assert not [(name, colour, behind) for name, colour, behind in shapes if contrast(colour, behind) < 3]


def test_figures_as_the_browser_has_them(browser, pages):  # noqa: F811
    """Of the drawings: how long each bar is."""
    page, _, records = pages
    browser.show(page, 1000)
    times = [sum(record[stage + "_ms"] or 0 for record in records) for stage in STAGES]
    widths = browser.run("return [...document.querySelectorAll('.stack > svg > rect')].map(r => r.width.baseVal.value)")
    assert widths == pytest.approx([100 * time / sum(times) for time in times], abs=0.02)
    bars = browser.run("return [...document.querySelectorAll('#formats-time li')].map(li => [li.firstChild.textContent, "
                       "+li.querySelector('data').value, li.querySelector('.bar').width.baseVal.value])")
    most = max(value for _, value, _ in bars)
    for name, value, width in bars:
        here = [record for record in records if (record["format"] or "unknown") == name]
        assert about(value, sum(map(total_ms, here)), 5 * len(here)) and width == pytest.approx(100 * value / most, abs=0.01)
    jobs = browser.run("return [...document.querySelectorAll('.lanes g > title')].map(t => t.textContent)")
    assert len(jobs) == len([record for record in records if record["attempt"] > 0])
    area = browser.run("""
        const svg = document.querySelector('.plot svg'), rows = document.querySelectorAll('#throughput-figures tbody tr');
        return [svg.querySelector('.area').getBBox().height, rows.length,
                [...rows].reduce((sum, row) => sum + +row.cells[1].firstChild.value, 0)];""")
    assert 20 <= area[0] <= 100 and area[1] >= 3 and area[2] == len(records)
    assert browser.run("return document.images.length") == min(24, len(made(records))) or len(made(records)) > 24


def test_it_can_be_printed(browser, pages, tmp_path):  # noqa: F811
    browser.show(pages[0], 1000, "dark")
    browser.print(tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF-")


def test_keyboard_and_words(browser, pages):  # noqa: F811
    """What can be scrolled or opened is reached by Tab; every drawing has a name that can be read out."""
    browser.show(pages[0], 360)
    assert browser.run("return [...document.querySelectorAll('.table')].every(t => t.tabIndex === 0)")
    nameless = browser.run("return [...document.querySelectorAll('svg[role=img]')].filter(s => !(s.getAttribute('aria-label') || "
                           "document.getElementById(s.getAttribute('aria-labelledby')).textContent)).length")
    assert nameless == 0
