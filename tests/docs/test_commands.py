"""Everything that the manual shows is run; and the runner is shown to find what is wrong."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import pytest

import doc_pages
from doc_pages import PROJECT, PageFault


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [pytest.param(p, id=str(p.relative_to(PROJECT))) for p in doc_pages.pages()]
)
def test_what_the_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    doc_pages.follow(page, tmp_path)


def follow(tmp_path: Path, source: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(textwrap.dedent(source).replace("'''", "```"))
    doc_pages.follow(page, tmp_path)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param("'''console\n$ false\n'''", "status 1, not 0", id="a command fails"),
        pytest.param(
            "<!-- exit status 1 -->\n'''console\n$ true\n'''", "status 0, not 1", id="it does not"
        ),
        pytest.param(
            "'''console\n$ echo one\ntwo\n'''", "does not show the line 'two'", id="output differs"
        ),
        pytest.param(
            "'''console\n$ printf 'b\\na\\n'\na\nb\n'''",
            "does not show the line 'b'",
            id="in another order",
        ),
        pytest.param(
            "'''console\n$ echo one two\none\n'''", "line 'one'", id="only part of a line"
        ),
        pytest.param("'''console\nno command\n'''", "without a command", id="no command"),
        pytest.param("'''console\n$ true\n", "never closes", id="never closes"),
        pytest.param("<!-- not run -->\n'''console\n$ false\n'''", "no reason", id="no reason"),
        pytest.param(
            "<!-- not run: far away -->\n\nWords.\n\n'''console\n$ false\n'''",
            "status 1",
            id="a marker with words between",
        ),
        pytest.param("'''python\n1 / 0\n'''", "ZeroDivisionError", id="python raises"),
        pytest.param("'''python\n>>> 1 + 1\n3\n'''", "1 of its examples", id="a doctest differs"),
        pytest.param(
            "'''console\n$ sh -c 'exit 3' &\nready\n'''",
            "ended with status 3",
            id="the background ends early",
        ),
    ],
)
def test_a_fault_in_a_page_is_found(tmp_path: Path, source: str, reason: str) -> None:
    with pytest.raises(PageFault, match=reason):
        follow(tmp_path, source)


def test_a_page_is_followed_in_one_folder_in_order(tmp_path: Path) -> None:
    follow(
        tmp_path,
        """
        '''json title="plans/a.json"
        {"id": 7}
        '''

        '''console
        $ cd plans && NAME=a
        $ cat $NAME.json
        {"id": ...}
        $ cat <<'END' > b.txt
        first
        END
        $ printf 'x\\ny\\nz\\n' \\
        > | tee c.txt
        x
        ...
        z
        '''

        '''python
        from pathlib import Path
        text = Path("plans/b.txt").read_text()
        '''

        '''python
        >>> text
        'first\\n'
        '''

        <!-- exit status 2 -->
        '''console
        $ true
        $ sh -c 'exit 2'
        '''

        <!-- not run: it would take the whole day -->
        '''console
        $ sleep 86400
        '''
        """,
    )


def test_what_runs_in_the_background_ends_with_the_page(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    follow(
        tmp_path,
        f"""
        '''console
        $ sh -c 'echo $$ > {pid_file}; sleep 0.2; echo ready; sleep 60' &
        ready
        $ test -s {pid_file}
        '''
        """,
    )
    process = Path("/proc") / pid_file.read_text().strip()
    for _ in range(100):
        if not process.exists():
            return
        time.sleep(0.05)
    pytest.fail("it still runs")
