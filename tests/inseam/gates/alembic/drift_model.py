"""One model in which each kind of drift is a mutation of its own.

    python drift_model.py JOB

Run in an environment with Alembic and SQLAlchemy: makes the model and every mutation of it on a
server, lets `alembic check` compare them, and leaves the catalogues for the gate to compare.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from typing import Any

sa: Any = importlib.import_module("sqlalchemy")
pg: Any = importlib.import_module("sqlalchemy.dialects.postgresql")
autogenerate: Any = importlib.import_module("alembic.autogenerate")
migration: Any = importlib.import_module("alembic.migration")

text = sa.text
ASKED: set[str] = set()


class Model:
    """The metadata, with at most one mutation."""

    def __init__(self, mutation: str) -> None:
        self.mutation = mutation
        self.metadata = sa.MetaData()
        self.build()

    def pick(self, name: str, plain: Any, mutated: Any) -> Any:
        """What stands at a place: `mutated` if the mutation is this one."""
        ASKED.add(name)
        return mutated if self.mutation == name else plain

    def some(self, name: str, *items: Any) -> tuple[Any, ...]:
        """Items that the mutation leaves out."""
        return () if self.pick(name, False, True) else items

    def extra(self, name: str, *items: Any) -> tuple[Any, ...]:
        """Items that only the mutation has."""
        return items if self.pick(name, False, True) else ()

    def after(self, *statements: str) -> None:
        """SQL that models can only state by a listener."""
        for statement in statements:
            sa.event.listen(self.metadata, "after_create", sa.DDL(statement.replace("%", "%%")))

    def sql(self, name: str, plain: str | None, mutated: str | None) -> None:
        """A statement that the mutation exchanges."""
        statement = self.pick(name, plain, mutated)
        if statement is not None:
            self.after(statement)

    def build(self) -> None:
        """All tables."""
        p, some, extra, column = self.pick, self.some, self.extra, sa.Column
        mood = p("enum-value-added", ["sad", "ok"], ["sad", "ok", "glad"])
        mood = p("enum-value-removed", mood, ["sad"])
        mood = p("enum-order", mood, ["ok", "sad"])
        mood = p("enum-value-renamed", mood, ["sad", "fine"])
        sa.Table(
            p("table-renamed", "users", "people"),
            self.metadata,
            column("id", p("column-type-bigint", sa.Integer, sa.BigInteger), primary_key=True),
            column(p("column-renamed", "name", "title"), p("length", sa.String(40), sa.String(50))),
            column("bare", p("length-lost", sa.String(40), sa.String())),
            column("born", p("type", sa.Date, sa.DateTime)),
            column("seen", sa.DateTime(timezone=p("timezone", True, False))),
            column("rate", sa.Numeric(p("precision", 10, 12), p("scale", 2, 3))),
            column("data", p("json-jsonb", pg.JSONB, pg.JSON)),
            column("tags", pg.ARRAY(p("array-element", sa.Integer, sa.BigInteger))),
            column("must", sa.Integer, nullable=p("nullable", False, True)),
            column("may", sa.Integer, nullable=p("not-null", True, False)),
            column("code", sa.String(9), unique=p("unique-dropped", True, None)),
            column("mail", sa.String(99), unique=p("unique-added", None, True)),
            column("slow", sa.Integer, index=p("index-dropped", True, None)),
            column("fast", sa.Integer, index=p("index-added", None, True)),
            column("mood", sa.Enum(*mood, name="mood")),
            column(
                "size",
                sa.Enum(
                    "s",
                    p("non-native-enum", "m", "l"),
                    name="sizes",
                    native_enum=False,
                    create_constraint=True,
                ),
            ),
            column("note", sa.Text, comment=p("column-comment", "what", "else")),
            column("sorted", sa.String(collation=p("collation", "C", "POSIX"))),
            *some("column-missing", column("gone", sa.Integer)),
            *extra("column-added", column("here", sa.Integer)),
            *extra("column-extra-not-null", column("here", sa.Integer, nullable=False)),
            comment=p("table-comment", "the users", "all users"),
        )
        defaults = column("serial", sa.Integer, p("serial-lost", sa.Sequence("serials"), None))
        sa.Table(
            "defaults",
            self.metadata,
            column(
                "id",
                sa.Integer,
                sa.Identity(always=p("identity-kind", True, False)),
                primary_key=True,
            ),
            column("plain", sa.Integer, *([sa.Identity()] if p("identity-added", 0, 1) else ())),
            defaults,
            column("number", sa.Integer, server_default=p("default-changed", "1", "2")),
            column("named", sa.String(9), server_default=p("default-missing", "x", None)),
            column("extra", sa.String(9), server_default=p("default-added", None, "x")),
            column(
                "made",
                sa.DateTime(timezone=True),
                server_default=p(
                    "default-function",
                    p("noise-now", sa.func.now(), text("CURRENT_TIMESTAMP")),
                    text("clock_timestamp()"),
                ),
            ),
            column(
                "cast",
                sa.String(9),
                server_default=p("noise-cast", text("'a'"), text("('a'::text)::character varying")),
            ),
            column("flag", sa.Boolean, server_default=p("default-boolean", sa.true(), sa.false())),
            column("body", pg.JSONB, server_default=p("default-json", text("'{}'"), text("'[]'"))),
            column("total", sa.Integer, sa.Computed(p("computed", "number * 2", "number * 3"))),
            column("half", sa.Integer, *some("computed-lost", sa.Computed("number / 2"))),
        )
        self.keys()
        self.others()

    def keys(self) -> None:
        """Keys, checks and indexes."""
        p, some, extra, column = self.pick, self.some, self.extra, sa.Column
        checks = [
            *some("check-missing", sa.CheckConstraint("a > 0", name="a_positive")),
            *extra("check-added", sa.CheckConstraint("b > 0", name="b_positive")),
            sa.CheckConstraint(p("check-text", "a < 100", "a < 1000"), name="a_small"),
            sa.CheckConstraint(
                p("check-brackets", "a > 1 AND (b > 1 OR c > 1)", "(a > 1 AND b > 1) OR c > 1"),
                name="logic",
            ),
            sa.CheckConstraint(
                p(
                    "noise-check-cast",
                    "kind IN ('x', 'y')",
                    "kind = ANY (ARRAY['x'::text, 'y'::text])",
                ),
                name="kinds",
            ),
            sa.UniqueConstraint(*p("unique-columns", ["a", "b"], ["a", "c"]), name="ab"),
            sa.UniqueConstraint("c", name=p("unique-name", "only_c", "just_c")),
            sa.UniqueConstraint("d", name="only_d", deferrable=p("deferrable", None, True)),
            sa.UniqueConstraint(
                "e", name="only_e", deferrable=True, initially=p("deferred", None, "DEFERRED")
            ),
            sa.UniqueConstraint(
                "f",
                name="only_f",
                postgresql_nulls_not_distinct=p("nulls-not-distinct", False, True),
            ),
            pg.ExcludeConstraint(("span", p("exclude", "&&", "-|-")), name="apart", using="gist"),
        ]
        sa.Table(
            "keys",
            self.metadata,
            column("id", sa.Integer, primary_key=True),
            column("second", sa.Integer, primary_key=p("primary-key", False, True), nullable=False),
            *(column(name, sa.Integer) for name in p("noise-order", "abcdef", "fedcba")),
            column("kind", sa.Text),
            column("span", pg.INT4RANGE),
            column(
                "user",
                sa.Integer,
                sa.ForeignKey(
                    "parents.id",
                    name=p("foreign-key-name", "fk_user", "fk_parent"),
                    ondelete=p("foreign-key-ondelete", "CASCADE", "SET NULL"),
                ),
            ),
            column(
                "other",
                sa.Integer,
                *some("foreign-key-missing", sa.ForeignKey("parents.id", name="fk_other")),
            ),
            column(
                "third",
                sa.Integer,
                *extra("foreign-key-added", sa.ForeignKey("parents.id", name="fk_third")),
            ),
            column(
                "fourth",
                sa.Integer,
                sa.ForeignKey(p("foreign-key-target", "parents.id", "aunts.id"), name="fk_fourth"),
            ),
            column(
                "fifth",
                sa.Integer,
                sa.ForeignKey(
                    "parents.id",
                    name="fk_fifth",
                    onupdate=p("foreign-key-onupdate", None, "CASCADE"),
                ),
            ),
            column(
                "sixth",
                sa.Integer,
                sa.ForeignKey(
                    "parents.id",
                    name="fk_sixth",
                    deferrable=p("foreign-key-deferrable", None, True),
                ),
            ),
            *checks,
            sa.Index(p("index-name", "ix_a", "ix_first"), "a"),
            sa.Index("ix_b", *p("index-columns", ["b"], ["b", "c"])),
            sa.Index("ix_c", "c", unique=p("index-unique", False, True)),
            sa.Index("ix_low", text(p("index-expression", "lower(kind)", "upper(kind)"))),
            sa.Index("ix_part", "d", postgresql_where=text(p("index-predicate", "d > 0", "d > 1"))),
            sa.Index("ix_full", "e", postgresql_where=p("index-partial-lost", text("e > 0"), None)),
            sa.Index("ix_how", "f", postgresql_using=p("index-method", "btree", "hash")),
            sa.Index(
                "ix_ops",
                "kind",
                postgresql_ops=p("index-opclass", {}, {"kind": "text_pattern_ops"}),
            ),
            sa.Index("ix_inc", "a", postgresql_include=p("index-include", ["b"], ["c"])),
            sa.Index("ix_dir", text(p("index-direction", "a", "a DESC"))),
            sa.Index("ix_opt", "b", postgresql_with={"fillfactor": p("index-option", 70, 80)}),
        )
        sa.Table("parents", self.metadata, column("id", sa.Integer, primary_key=True))
        sa.Table("aunts", self.metadata, column("id", sa.Integer, primary_key=True))

    def others(self) -> None:
        """Other schemas, further tables, and what only SQL can state."""
        p, some, column = self.pick, self.some, sa.Column
        apart = p("schema", "apart", "afar")
        sa.Table(
            "elsewhere",
            self.metadata,
            column("id", sa.Integer, primary_key=True),
            column("x", p("schema-column-type", sa.Integer, sa.Text)),
            schema=apart,
        )
        begins = sa.Identity(start=p("identity-start", 1, 100))
        sa.Table("counted", self.metadata, column("id", sa.Integer, begins, primary_key=True))
        if p("table-missing", True, False):
            sa.Table("first", self.metadata, column("id", sa.Integer, primary_key=True))
        if p("table-added", False, True):
            sa.Table("second", self.metadata, column("id", sa.Integer, primary_key=True))
        sa.Table(
            "parted",
            self.metadata,
            column("id", sa.Integer),
            column("at", sa.Integer),
            postgresql_partition_by=p("partitioning", "RANGE (at)", None),
        )
        sa.Table(
            "hashed",
            self.metadata,
            column("id", sa.Integer),
            postgresql_partition_by=p("partition-key", "HASH (id)", "LIST (id)"),
        )
        sa.Table(
            "fleeting",
            self.metadata,
            column("id", sa.Integer),
            prefixes=p("unlogged", [], ["UNLOGGED"]),
        )
        sa.Table(
            "stored",
            self.metadata,
            column("id", sa.Integer),
            postgresql_with={"fillfactor": p("storage-option", "70", "80")},
        )
        for sequence in some("sequence-missing", {"increment": p("sequence-increment", 1, 5)}):
            sa.Sequence("counter", metadata=self.metadata, **sequence)
        late = "ALTER TABLE keys ADD CONSTRAINT late CHECK (c < 5)"
        self.sql("not-valid", late, f"{late} NOT VALID")
        self.sql("view-missing", "CREATE VIEW seen AS SELECT id FROM parents", None)
        self.sql(
            "view-text",
            "CREATE VIEW shown AS SELECT id FROM parents",
            "CREATE VIEW shown AS SELECT id + 1 AS id FROM parents",
        )
        self.sql("matview-missing", "CREATE MATERIALIZED VIEW kept AS SELECT id FROM parents", None)
        function = (
            "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN {}; END$$"
        )
        self.sql("function-body", function.format("NEW"), function.format("NULL"))
        trigger = "CREATE TRIGGER acts {} UPDATE ON parents FOR EACH ROW EXECUTE FUNCTION act()"
        self.sql("trigger", trigger.format("BEFORE"), trigger.format("AFTER"))
        self.sql(
            "trigger-missing",
            "CREATE TRIGGER other BEFORE INSERT ON parents FOR EACH ROW EXECUTE FUNCTION act()",
            None,
        )
        self.sql("row-security", None, "ALTER TABLE parents ENABLE ROW LEVEL SECURITY")
        self.sql(
            "policy",
            "CREATE POLICY own ON parents USING (id > 0)",
            "CREATE POLICY own ON parents USING (id > 1)",
        )
        self.sql(
            "domain",
            "CREATE DOMAIN posint AS integer CHECK (VALUE > 0)",
            "CREATE DOMAIN posint AS integer CHECK (VALUE > 1)",
        )
        self.sql(
            "composite",
            "CREATE TYPE pair AS (a integer, b integer)",
            "CREATE TYPE pair AS (a integer, b text)",
        )
        self.sql("statistics", "CREATE STATISTICS related ON id, at FROM parted", None)
        self.sql("column-storage", None, "ALTER TABLE users ALTER COLUMN note SET STORAGE PLAIN")
        self.sql("replica-identity", None, "ALTER TABLE parents REPLICA IDENTITY FULL")
        self.sql("privileges", None, "GRANT SELECT ON parents TO PUBLIC")
        self.sql("rule", None, "CREATE RULE quiet AS ON DELETE TO aunts DO INSTEAD NOTHING")
        self.sql("comment-on-index", None, "COMMENT ON INDEX ix_b IS 'why'")
        self.sql("comment-on-type", None, "COMMENT ON TYPE mood IS 'how'")


def checked(connection: Any, model: Model, *, best: bool) -> int:
    """How many operations `alembic check` would write."""
    options = {"compare_server_default": True, "include_schemas": True} if best else {}
    context = migration.MigrationContext.configure(connection, opts=options)
    return len(autogenerate.compare_metadata(context, model.metadata))


def main() -> None:
    """Make every mutation and say what Alembic thinks of it."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    engines = {
        name: sa.create_engine(
            sa.URL.create(
                "postgresql+psycopg",
                username=job["user"],
                host=job["host"],
                port=job["port"],
                database=job[name],
            )
        )
        for name in ("migrated", "declared")
    }
    base = Model("none")
    mutations = ["none", *sorted(ASKED)]
    with engines["migrated"].begin() as connection:
        make(connection, base)
    catalogue(job, "migrated", "none-migrated")
    said: dict[str, dict[str, int]] = {}
    with engines["migrated"].connect() as connection:
        for name in mutations:
            model = Model(name)
            with engines["declared"].begin() as declared:
                declared.execute(text("DROP SCHEMA IF EXISTS public, apart, afar CASCADE"))
                declared.execute(text("CREATE SCHEMA public"))
                make(declared, model)
            catalogue(job, "declared", name)
            if job["alembic"]:
                said[name] = {
                    "default": checked(connection, model, best=False),
                    "best": checked(connection, model, best=True),
                }
            else:
                said[name] = {}
            connection.rollback()
    with open(os.path.join(job["out"], "said.json"), "w", encoding="utf-8") as file:
        json.dump(said, file)


def make(connection: Any, model: Model) -> None:
    """Create all of a model."""
    for schema in sorted({t.schema for t in model.metadata.tables.values() if t.schema}):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    model.metadata.create_all(connection)


def catalogue(job: dict[str, Any], database: str, name: str) -> None:
    """Leave what a database holds."""
    subprocess.run(
        [*job["psql"], "-o", os.path.join(job["out"], f"{name}.json"), "-f", job["sql"]],
        env={**job["environment"], "PGDATABASE": job[database]},
        check=True,
    )


if __name__ == "__main__":
    main()
