"""What a plain scalar means, and which plain scalars mean different things to different readers.

YAML 1.1 (PyYAML, Ruby, Go's v2) and YAML 1.2 (editors, most others) disagree on `off`, `010` or
`1_000`. Policy that two readers understand differently is refused: quotes settle it.
"""

from __future__ import annotations

import math
import re

from inseam.policy.tree import JsonScalar

_WORDS: dict[str, JsonScalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_BOOLEANS_OF_YAML_1_1 = frozenset(
    spelling
    for word in ("yes", "no", "on", "off")
    for spelling in (word, word.capitalize(), word.upper())
)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"[-+]?[0-9]{0,18}\.[0-9]{0,18}", re.ASCII)
_AMBIGUOUS = re.compile(
    r"""[-+]?(?:
        0[bB]?[0-9_]+ | 0[xX][0-9a-fA-F_]+ | 0[oO][0-7_]+   # octal, binary, hexadecimal
      | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?         # base sixty: 12:30
      | [0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?      # 1_000, 1e3, integers too long
      | \.[0-9_]+(?:[eE][-+]?[0-9]+)?
      | \.(?:inf|Inf|INF|nan|NaN|NAN)
    )""",
    re.ASCII | re.VERBOSE,
)
_MAY_START_A_NUMBER = frozenset("0123456789+-.")


class AmbiguousScalar(Exception):
    """A plain scalar without one agreed meaning; the argument says how readers differ."""


def plain_value(text: str) -> JsonScalar:
    """What the plain (unquoted) scalar `text` means. Dates stay text.

    Raises:
        AmbiguousScalar: readers of YAML disagree, or the number is not finite.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text in _BOOLEANS_OF_YAML_1_1:
        raise AmbiguousScalar("is a boolean to some readers of YAML and text to others")
    if text[0] not in _MAY_START_A_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and any(character.isdigit() for character in text):
        number = float(text)
        assert math.isfinite(number)  # at most 18 digits on either side
        return number
    if _AMBIGUOUS.fullmatch(text):
        raise AmbiguousScalar("is a number that readers of YAML understand differently")
    return text
