"""The table of told.py: what runs of a part leave of what was found before."""

from told import HEAD, write_table

BEFORE = "Words before.\n\n" + HEAD + "| A fault | done | no start | - | ends | done | `test_a.py::test_a` |\n\nWords behind.\n"
ROW = "| A fault | - | done | its picture | done | - | `test_a.py::test_a` |\n"


def table_of(tmp_path, rows, in_part=False):
    path = tmp_path / "table.md"
    path.write_text(BEFORE)
    write_table(path, rows, in_part)
    return path.read_text()


def test_modes_that_were_not_looked_at_stay(tmp_path):
    assert table_of(tmp_path, [ROW]) == BEFORE.replace("done | no start | - | ends", "done | done | its picture | done")


def test_a_part_adds_to_what_was_found(tmp_path):
    wanted = BEFORE.replace("done | no start | - | ends", "done | done, no start | its picture | done, ends")
    assert table_of(tmp_path, [ROW], in_part=True) == wanted


def test_other_rows_stay(tmp_path):
    other = ROW.replace("A fault", "B fault")
    assert table_of(tmp_path, [other]) == BEFORE.replace("\n\nWords behind", "\n" + other + "\nWords behind")


def test_a_part_adds_its_variants(tmp_path):
    before = BEFORE.replace("A fault", "A fault: `EIO` `ENOSPC`")
    path = tmp_path / "table.md"
    path.write_text(before)
    write_table(path, [ROW.replace("A fault", "A fault: `EINTR`")], in_part=True)
    assert "| A fault: `EINTR` `EIO` `ENOSPC` | done |" in path.read_text()
    write_table(path, [ROW.replace("A fault", "A fault: `EINTR`")])
    assert "| A fault: `EINTR` | done |" in path.read_text()
