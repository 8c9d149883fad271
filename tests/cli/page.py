"""A page of --html, read more strictly than a browser would."""

import html.parser
import re

# HTML's elements without an end; in SVG those that close themselves.
VOID = {"meta", "img", "br", "link", "input", "hr"}
# All that a page is made of: whatever else a name smuggled in would be seen.
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "p", "h1", "h2", "h3", "span",
            "small", "strong", "dl", "dt", "dd", "div", "ul", "li", "br", "img", "figure", "figcaption", "details", "summary",
            "table", "caption", "thead", "tbody", "tr", "th", "td", "data", "svg", "g", "path", "rect", "text"}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "id", "role", "tabindex", "scope", "value", "viewbox",
              "preserveaspectratio", "aria-label", "aria-labelledby", "aria-hidden", "width", "height", "x", "y", "rx", "d", "alt",
              "loading", "src"}


class Page(html.parser.HTMLParser):
    """tables: id -> list of rows, the head first, of (text, value or None); text: all that is to be read."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.path, self.bytes = path, path.read_bytes()
        self.open, self.ids, self.refers, self.headings = [], [], [], []
        self.tables, self.images, self.labels, self.classes, self.metas = {}, [], [], [], []
        self.table = self.row = self.cell = None
        self.words = []
        source = self.bytes.decode("utf-8")  # and nothing that is none
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", source)
        assert source.startswith("<!DOCTYPE html>\n")
        self.feed(source)
        self.close()
        assert not self.open, self.open
        assert len(set(self.ids)) == len(self.ids), sorted(self.ids)
        assert set(self.refers) <= set(self.ids), set(self.refers) - set(self.ids)
        self.text = "".join(self.words)

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        assert tag in ELEMENTS and len(names) == len(attrs) and set(names) <= ATTRIBUTES, (tag, attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in names:
            self.ids.append(names["id"])
        self.refers += names.get("aria-labelledby", "").split()
        self.labels += [names["aria-label"]] if "aria-label" in names else []
        self.classes += names.get("class", "").split()
        if tag == "svg":
            assert "aria-hidden" in names or (names["role"] == "img" and ("aria-label" in names or "aria-labelledby" in names))
        elif tag == "meta":
            self.metas.append(names)
        elif tag == "img":
            assert names["src"].startswith("data:image/") and "alt" in names
            self.images.append(names["src"])
        elif tag == "table":
            self.table = self.tables.setdefault(names["id"], [])
        elif tag == "tr":
            self.row = []
            self.table.append(self.row)
        elif tag in ("td", "th"):
            self.cell = ["", None]
            self.row.append(self.cell)
        elif tag == "data" and self.cell:
            self.cell[1] = float(names["value"])

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
        if tag in ("td", "th"):
            self.cell = None
        elif tag == "table":
            self.table = None

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            return
        self.words.append(data)
        if self.cell:
            self.cell[0] += data
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append((int(self.open[-1][1]), data))

    def handle_comment(self, data):
        raise AssertionError(data)

    def rows(self, table):
        """The rows of a table below its head; of an absent one, none."""
        return self.tables.get(table, [[]])[1:]

    def figures(self, table, column):
        """First cell -> the figure in the column of that title."""
        at = [text for text, _ in self.tables[table][0]].index(column) if table in self.tables else 0
        return {row[0][0]: row[at][1] for row in self.rows(table)}
