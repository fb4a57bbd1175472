"""Laws of comparing markers and specifiers by meaning."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from inseam.gates.lockfile.meaning.parse import ALWAYS, MarkerError, parse_marker
from inseam.gates.lockfile.meaning.specifiers import python_marker, same_versions
from inseam.gates.lockfile.meaning.worlds import (
    TooManyWorldsError,
    both,
    either,
    equivalent,
    implies,
    negated,
    satisfiable,
)

ATOMS = st.sampled_from(
    [
        "python_version < '3.12'",
        "python_version >= '3.12'",
        "python_full_version >= '3.11.4'",
        "python_version == '3.11'",
        "python_version in '3.11, 3.12'",
        "sys_platform == 'win32'",
        "sys_platform != 'win32'",
        "platform_system == 'Darwin'",
        "os_name == 'posix'",
        "'lin' in sys_platform",
        "platform_machine == 'x86_64'",
        "implementation_name == 'pypy'",
        "platform_python_implementation != 'CPython'",
        "extra == 'fast'",
        "platform_release >= '5'",
    ]
)
MARKERS = st.recursive(
    ATOMS,
    lambda inner: st.builds(
        lambda left, word, right: f"({left}) {word} ({right})",
        inner,
        st.sampled_from(["and", "or"]),
        inner,
    ),
    max_leaves=4,
)
VERSIONS = st.builds(
    lambda release, suffix: ".".join(map(str, release)) + suffix,
    st.lists(st.integers(0, 4), min_size=1, max_size=3),
    st.sampled_from(["", "", "", "a1", "rc2", ".post1", ".dev3"]),
)
SPECIFIERS = st.lists(
    st.builds(str.__add__, st.sampled_from([">=", "<=", ">", "<", "==", "!="]), VERSIONS),
    max_size=3,
).map(",".join)


@settings(deadline=None)
@given(MARKERS)
def test_a_marker_is_itself(marker: str) -> None:
    tree = parse_marker(marker)
    assert equivalent(tree, tree)
    assert equivalent(both(tree, tree), tree)
    assert equivalent(either(tree, tree), tree)
    assert equivalent(negated(negated(tree)), tree)
    assert equivalent(either(tree, negated(tree)), ALWAYS)
    assert not satisfiable(both(tree, negated(tree)))


@settings(max_examples=60, deadline=None)
@given(MARKERS, MARKERS)
def test_order_and_brackets_do_not_matter(left: str, right: str) -> None:
    assert equivalent(
        parse_marker(f"({left}) and ({right})"), parse_marker(f"{right} and ({left})")
    ) or (" or " in right)
    first, second = parse_marker(left), parse_marker(right)
    assert equivalent(either(first, second), either(second, first))
    assert equivalent(first, second) == equivalent(second, first)
    assert equivalent(first, second) == (implies(first, second) and implies(second, first))


@settings(max_examples=40, deadline=None)
@given(
    MARKERS,
    st.sampled_from(["3.10.2", "3.11.0", "3.11.4", "3.12.0", "3.13.9"]),
    st.sampled_from([("posix", "linux", "Linux"), ("nt", "win32", "Windows")]),
    st.sampled_from(["", "fast"]),
)
def test_what_is_equivalent_evaluates_alike(
    marker: str, version: str, platform: tuple[str, str, str], extra: str
) -> None:
    """The marker and what packaging makes of its text hold in the same places."""
    environment = {
        "python_version": version.rpartition(".")[0],
        "python_full_version": version,
        "os_name": platform[0],
        "sys_platform": platform[1],
        "platform_system": platform[2],
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1",
        "extra": extra,
    }
    here = both(
        *(
            parse_marker(f"{name} == '{value}'")
            for name, value in environment.items()
            if name not in ("platform_release", "python_version")
        )
    )
    if "platform_release" in marker:
        here = both(here, parse_marker("platform_release >= '5'"))
    assert satisfiable(here)
    assert implies(here, parse_marker(marker)) == Marker(marker).evaluate(environment)


@settings(deadline=None)
@given(SPECIFIERS, SPECIFIERS, VERSIONS)
def test_specifiers_that_are_the_same_admit_the_same(left: str, right: str, version: str) -> None:
    assert same_versions(left, left)
    assert same_versions(left, right) == same_versions(right, left)
    both_ways = f"{left},{right}".strip(","), f"{right},{left}".strip(",")
    assert same_versions(*both_ways)
    if same_versions(left, right):
        first, second = SpecifierSet(left), SpecifierSet(right)
        assert first.contains(version, prereleases=True) == second.contains(
            version, prereleases=True
        )


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (">=1,<3", "<3,>=1", True),
        (">=1", ">=1.0.0", True),
        (">=1,>=2", ">=2", True),
        ("~=1.4", ">=1.4,==1.*", True),
        ("!=1.5,>=1", ">=1,!=1.5.0", True),
        (">=1", ">1", False),
        ("==1", "==1.*", False),
        (">=1", ">=1.0a1", False),
        ("===1", "==1", False),
        ("<2", "<=2", False),
        (">=1!1", ">=1", False),
        ("", ">=1", False),
        ("==1.0", "==1.0+local", False),
    ],
)
def test_specifiers(left: str, right: str, same: bool) -> None:
    assert same_versions(left, right) is same


@pytest.mark.parametrize(
    ("left", "right", "within", "same"),
    [
        ("python_version >= '3.11'", None, ">=3.11", True),
        ("python_version >= '3.11'", None, ">=3.10", False),
        ("python_version > '3.8'", "python_full_version >= '3.9'", None, True),
        ("python_version <= '3.12'", "python_version < '3.13'", None, True),
        ("python_version < '3.12.1'", "python_version <= '3.12'", None, True),
        ("sys_platform == 'win32'", "os_name == 'nt'", None, True),
        ("sys_platform == 'win32'", "sys_platform == 'cygwin'", None, False),
        ("os.name == 'nt'", "os_name == 'nt'", None, True),
        ("extra == 'Fast_er'", "extra == 'fast-er'", None, True),
        ("platform_release >= '5'", "platform_release > '5'", None, False),
        ("sys_platform in 'linux darwin'", "sys_platform == 'linux'", None, False),
    ],
)
def test_markers(left: str, right: str | None, within: str | None, same: bool) -> None:
    assert equivalent(parse_marker(left), parse_marker(right), python_marker(within)) is same


@pytest.mark.parametrize(
    "text",
    [
        "python_version",
        "python_version >=",
        "'3' > '2'",
        "nonsense == '1'",
        "(os_name == 'nt'",
        "os_name == 'nt' and",
        "os_name == 'nt' os_name == 'nt'",
        "os_name = 'nt'",
        "(" * 60 + "os_name == 'nt'" + ")" * 60,
    ],
)
def test_what_is_no_marker(text: str) -> None:
    with pytest.raises(MarkerError):
        parse_marker(text)


def test_too_much_to_compare_is_said() -> None:
    many = " or ".join(f"platform_version >= '{n}'" for n in range(40))
    with pytest.raises(TooManyWorldsError):
        equivalent(parse_marker(many), parse_marker("os_name == 'nt'"))
