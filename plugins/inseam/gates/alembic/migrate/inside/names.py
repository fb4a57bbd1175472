"""What `env.py` leaves out."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

from .databases import Reading


class Names:
    """Asks `include_name` and `include_object` of `env.py` about what the catalogues hold."""

    def __init__(self, options: dict[str, Any], metadatas: list[Any]) -> None:
        self._name = options.get("include_name")
        self._object = options.get("include_object")
        self._schemas = bool(options.get("include_schemas"))
        self._declared = {t.fullname: t for m in metadatas for t in m.tables.values()}
        self._make = importlib.import_module("sqlalchemy")
        self._stubs: dict[str, Any] = {}
        self.excluded: list[list[str]] = []

    def look(self, catalogues: Collection[Reading], default_schema: str) -> None:
        """Note everything that `env.py` leaves out."""
        if self._name is None and self._object is None:
            return
        seen = set()
        self._look_at_schemas(catalogues, default_schema)
        for catalogue in catalogues:
            for entry in sorted(catalogue.entries(), key=lambda e: e["kind"] != "table"):
                kind = entry["kind"]
                key = (kind, entry["schema"], entry["table"], entry["name"])
                if key in seen or kind not in ("table", "column", "index", "constraint"):
                    continue
                seen.add(key)
                schema = None if entry["schema"] == default_schema else entry["schema"]
                if not self._included(entry, schema):
                    self.excluded.append([kind, entry["schema"], entry["table"], entry["name"]])

    def _look_at_schemas(self, catalogues: Collection[Reading], default_schema: str) -> None:
        """Note schemas that `env.py` leaves out, with all that lies in them."""
        if self._name is None or not self._schemas:
            return
        schemas = {e["schema"] for catalogue in catalogues for e in catalogue.entries()}
        for schema in sorted(schemas - {default_schema, ""}):
            if not self._name(schema, "schema", {}):
                self.excluded.append(["schema", schema, schema, schema])

    def _included(self, entry: dict[str, Any], schema: str | None) -> bool:
        kind, table, name = entry["kind"], entry["table"], entry["name"]
        if kind == "constraint":
            kind = {"u": "unique_constraint", "f": "foreign_key_constraint"}.get(
                entry["attributes"]["type"], ""
            )
            if not kind:
                return True
        full = f"{schema}.{table}" if schema else table
        if self._name is not None:
            names = {"schema_name": schema}
            if kind != "table":
                names["table_name"] = table
            names["schema_qualified_table_name"] = full
            if self._schemas and schema and not self._name(schema, "schema", {}):
                return False
            if not self._name(name, kind, names):
                return False
        if self._object is None:
            return True
        declared = self._declared.get(full)
        item = self._find(declared, kind, name)
        if item is not None:
            return bool(self._object(item, name, kind, False, None))
        stub = self._stub(full, table, schema, kind, name)
        return bool(self._object(stub, name, kind, True, None))

    def _find(self, table: Any, kind: str, name: str) -> Any:
        if table is None or kind == "table":
            return table
        if kind == "column":
            return table.columns.get(name)
        among = table.indexes if kind == "index" else table.constraints
        return next((item for item in among if item.name == name), None)

    def _stub(self, full: str, table: str, schema: str | None, kind: str, name: str) -> Any:
        """What reflection would give: enough of it to be asked for names."""
        make = self._make
        owner = self._stubs.get(full)
        if owner is None:
            owner = make.Table(table, make.MetaData(), schema=schema)
            self._stubs[full] = owner
        if kind == "column":
            owner.append_column(make.Column(name), replace_existing=True)
            return owner.columns[name]
        if kind == "index":
            return make.Index(name, _table=owner)
        if kind == "table":
            return owner
        constraint = make.UniqueConstraint(name=name)
        owner.append_constraint(constraint)
        return constraint
