"""PostgreSQL's types as a migration spells them."""

from __future__ import annotations

import re

_PLAIN = {
    "smallint": "sa.SmallInteger()",
    "integer": "sa.Integer()",
    "bigint": "sa.BigInteger()",
    "boolean": "sa.Boolean()",
    "text": "sa.Text()",
    "character varying": "sa.String()",
    "date": "sa.Date()",
    "real": "sa.REAL()",
    "double precision": "sa.Double()",
    "numeric": "sa.Numeric()",
    "timestamp without time zone": "sa.DateTime()",
    "timestamp with time zone": "sa.DateTime(timezone=True)",
    "time without time zone": "sa.Time()",
    "time with time zone": "sa.Time(timezone=True)",
    "interval": "sa.Interval()",
    "bytea": "sa.LargeBinary()",
    "uuid": "sa.Uuid()",
    "json": "sa.JSON()",
    "jsonb": "postgresql.JSONB()",
    "inet": "postgresql.INET()",
    "cidr": "postgresql.CIDR()",
    "macaddr": "postgresql.MACADDR()",
    "tsvector": "postgresql.TSVECTOR()",
    "hstore": "postgresql.HSTORE()",
}
_SIZED = {
    "character varying": "sa.String({})",
    "character": "sa.CHAR({})",
    "numeric": "sa.Numeric({})",
    "bit": "postgresql.BIT({})",
}
_WITH_SIZE = re.compile(r"^(?P<name>[a-z ]+)\((?P<size>\d+(?:,\d+)?)\)$")


def spelled(type_: str) -> str:
    """A type that `format_type` told as SQLAlchemy's; `…` where that is not known."""
    if type_.endswith("[]"):
        inner = spelled(type_.removesuffix("[]"))
        return inner if inner == "…" else f"postgresql.ARRAY({inner})"
    if type_ in _PLAIN:
        return _PLAIN[type_]
    match = _WITH_SIZE.match(type_)
    if match is not None and match["name"] in _SIZED:
        return _SIZED[match["name"]].format(match["size"].replace(",", ", "))
    return "…"
