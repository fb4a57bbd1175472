-- What makes none, spelled twice; laid out as drift_real.sql is.

-- default spelling
CREATE TABLE q (c text DEFAULT 'x'::text);
-- against
CREATE TABLE q (c text DEFAULT 'x');

-- varchar default
CREATE TABLE q (c varchar(5) DEFAULT 'x'::varchar(5));
-- against
CREATE TABLE q (c varchar(5) DEFAULT 'x');

-- now
CREATE TABLE q (c timestamptz DEFAULT now());
-- against
CREATE TABLE q (c timestamptz DEFAULT CURRENT_TIMESTAMP);

-- transaction_timestamp
CREATE TABLE q (c timestamptz DEFAULT transaction_timestamp());
-- against
CREATE TABLE q (c timestamptz DEFAULT CURRENT_TIMESTAMP);

-- paren default
CREATE TABLE q (c int DEFAULT (1));
-- against
CREATE TABLE q (c int DEFAULT 1);

-- string int default
CREATE TABLE q (c int DEFAULT '1');
-- against
CREATE TABLE q (c int DEFAULT 1);

-- string neg int default
CREATE TABLE q (c int DEFAULT '-1');
-- against
CREATE TABLE q (c int DEFAULT -1);

-- string bigint default
CREATE TABLE q (c bigint DEFAULT '0');
-- against
CREATE TABLE q (c bigint DEFAULT 0);

-- string float default
CREATE TABLE q (c float DEFAULT '0.0');
-- against
CREATE TABLE q (c float DEFAULT 0.0);

-- float default int
CREATE TABLE q (c float DEFAULT '0');
-- against
CREATE TABLE q (c float DEFAULT 0);

-- numeric default
CREATE TABLE q (c numeric(10,2) DEFAULT '0.00');
-- against
CREATE TABLE q (c numeric(10,2) DEFAULT 0.00);

-- bool default str
CREATE TABLE q (c bool DEFAULT 'false');
-- against
CREATE TABLE q (c bool DEFAULT false);

-- bool default f
CREATE TABLE q (c bool DEFAULT 'f');
-- against
CREATE TABLE q (c bool DEFAULT false);

-- bool default 0
CREATE TABLE q (c bool DEFAULT '0');
-- against
CREATE TABLE q (c bool DEFAULT 'false');

-- bool default t cast
CREATE TABLE q (c bool DEFAULT 't'::boolean);
-- against
CREATE TABLE q (c bool DEFAULT true);

-- json default
CREATE TABLE q (c jsonb DEFAULT '{}'::jsonb);
-- against
CREATE TABLE q (c jsonb DEFAULT '{}');

-- json cast from json
CREATE TABLE q (c jsonb DEFAULT '{}'::json);
-- against
CREATE TABLE q (c jsonb DEFAULT '{}');

-- array default
CREATE TABLE q (c text[] DEFAULT '{}'::text[]);
-- against
CREATE TABLE q (c text[] DEFAULT ARRAY[]::text[]);

-- array default varchar
CREATE TABLE q (c varchar[] DEFAULT '{}');
-- against
CREATE TABLE q (c varchar[] DEFAULT ARRAY[]::varchar[]);

-- enum default
CREATE TYPE e AS ENUM ('a');
CREATE TABLE q (c e DEFAULT 'a'::e);
-- against
CREATE TYPE e AS ENUM ('a');
CREATE TABLE q (c e DEFAULT 'a');

-- enum default text cast
CREATE TYPE e AS ENUM ('a');
CREATE TABLE q (c e DEFAULT ('a'::text)::e);
-- against
CREATE TYPE e AS ENUM ('a');
CREATE TABLE q (c e DEFAULT 'a');

-- date default
CREATE TABLE q (c date DEFAULT '2020-01-01'::date);
-- against
CREATE TABLE q (c date DEFAULT '2020-01-01');

-- interval default
CREATE TABLE q (c interval DEFAULT '1 day'::interval);
-- against
CREATE TABLE q (c interval DEFAULT '1 day');

-- uuid default
CREATE TABLE q (c uuid DEFAULT gen_random_uuid());
-- against
CREATE TABLE q (c uuid DEFAULT pg_catalog.gen_random_uuid());

-- null default
CREATE TABLE q (c int DEFAULT NULL);
-- against
CREATE TABLE q (c int);

-- null text default
CREATE TABLE q (c varchar(9) DEFAULT NULL::varchar);
-- against
CREATE TABLE q (c varchar(9));

-- timezone
CREATE TABLE q (c timestamp DEFAULT timezone('utc', now()));
-- against
CREATE TABLE q (c timestamp DEFAULT (now() AT TIME ZONE 'utc'));

-- timezone UTC case
CREATE TABLE q (c timestamp DEFAULT timezone('utc'::text, now()));
-- against
CREATE TABLE q (c timestamp DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'));

-- check parens
CREATE TABLE q (c int CONSTRAINT k CHECK (((c) > 0)));
-- against
CREATE TABLE q (c int CONSTRAINT k CHECK (c>0));

-- check in any
CREATE TABLE q (c text CONSTRAINT k CHECK (c IN ('a','b')));
-- against
CREATE TABLE q (c text CONSTRAINT k CHECK (c = ANY (ARRAY['a','b'])));

-- check in any varchar
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c IN ('a','b')));
-- against
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c = ANY (ARRAY['a'::varchar,'b'::varchar])));

-- check in any cast arr
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c IN ('a','b')));
-- against
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c::text = ANY (ARRAY['a'::text,'b'::text])));

-- check in any cast arr2
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c IN ('a','b')));
-- against
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c::text = ANY (ARRAY['a'::varchar,'b'::varchar]::text[])));

-- check in any pgdump
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c IN ('a','b')));
-- against
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (((c)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))));

-- check pgdump twice
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (((c)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))));
-- against
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c IN ('a','b')));

-- check in single
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c IN ('a')));
-- against
CREATE TABLE q (c varchar(3) CONSTRAINT k CHECK (c = 'a'));

-- check in ints
CREATE TABLE q (c int CONSTRAINT k CHECK (c IN (1,2)));
-- against
CREATE TABLE q (c int CONSTRAINT k CHECK (c = ANY (ARRAY[1,2])));

-- check int str
CREATE TABLE q (c int CONSTRAINT k CHECK (c > '0'));
-- against
CREATE TABLE q (c int CONSTRAINT k CHECK (c > 0));

-- check bigint lit
CREATE TABLE q (c bigint CONSTRAINT k CHECK (c > 0::bigint));
-- against
CREATE TABLE q (c bigint CONSTRAINT k CHECK (c > 0));

-- check numeric lit
CREATE TABLE q (c numeric CONSTRAINT k CHECK (c > 0::numeric));
-- against
CREATE TABLE q (c numeric CONSTRAINT k CHECK (c > 0));

-- between
CREATE TABLE q (c int CONSTRAINT k CHECK (c BETWEEN 1 AND 5));
-- against
CREATE TABLE q (c int CONSTRAINT k CHECK (c>=1 AND c<=5));

-- neq
CREATE TABLE q (c int CONSTRAINT k CHECK (c != 5));
-- against
CREATE TABLE q (c int CONSTRAINT k CHECK (c <> 5));

-- not in
CREATE TABLE q (c int CONSTRAINT k CHECK (c NOT IN (1,2)));
-- against
CREATE TABLE q (c int CONSTRAINT k CHECK (c <> ALL (ARRAY[1,2])));

-- like
CREATE TABLE q (c text CONSTRAINT k CHECK (c LIKE 'a%'));
-- against
CREATE TABLE q (c text CONSTRAINT k CHECK (c ~~ 'a%'));

-- and nesting
CREATE TABLE q (c int CONSTRAINT k CHECK ((c>0 AND c<5) AND c<>3));
-- against
CREATE TABLE q (c int CONSTRAINT k CHECK (c>0 AND c<5 AND c<>3));

-- and nesting right
CREATE TABLE q (c int CONSTRAINT k CHECK (c>0 AND (c<5 AND c<>3)));
-- against
CREATE TABLE q (c int CONSTRAINT k CHECK (c>0 AND c<5 AND c<>3));

-- bool check
CREATE TABLE q (c bool CONSTRAINT k CHECK (c = true));
-- against
CREATE TABLE q (c bool CONSTRAINT k CHECK (c = 't'));

-- length fn
CREATE TABLE q (c varchar(9) CONSTRAINT k CHECK (length(c) > 0));
-- against
CREATE TABLE q (c varchar(9) CONSTRAINT k CHECK (length((c)::text) > 0));

-- char_length
CREATE TABLE q (c varchar(9) CONSTRAINT k CHECK (char_length(c) > 0));
-- against
CREATE TABLE q (c varchar(9) CONSTRAINT k CHECK (character_length(c) > 0));

-- keyword fns
CREATE TABLE q (c text CONSTRAINT k CHECK (trim(c) <> ''));
-- against
CREATE TABLE q (c text CONSTRAINT k CHECK (btrim(c) <> ''));

-- serial implicit
CREATE TABLE q (c serial);
-- against
CREATE SEQUENCE zz AS int;
CREATE TABLE q (c int NOT NULL DEFAULT nextval('zz'));
ALTER SEQUENCE zz OWNED BY q.c;

-- bigserial other seq
CREATE TABLE q (c bigserial);
-- against
CREATE SEQUENCE zz;
CREATE TABLE q (c bigint NOT NULL DEFAULT nextval('zz'));
ALTER SEQUENCE zz OWNED BY q.c;

-- int4
CREATE TABLE q (c int4, d int8, e bool, f float8, g timestamptz);
-- against
CREATE TABLE q (c integer, d bigint, e boolean, f double precision, g timestamp with time zone);

-- decimal
CREATE TABLE q (c decimal(5,2));
-- against
CREATE TABLE q (c numeric(5,2));

-- float(24)
CREATE TABLE q (c float(53));
-- against
CREATE TABLE q (c double precision);

-- col order
CREATE TABLE q (a int, b int);
-- against
CREATE TABLE q (b int, a int);

-- constraint order
CREATE TABLE q (a int, CONSTRAINT k CHECK (a>0), CONSTRAINT l CHECK (a<9));
-- against
CREATE TABLE q (a int, CONSTRAINT l CHECK (a<9), CONSTRAINT k CHECK (a>0));

-- not null named
CREATE TABLE q (a int CONSTRAINT zz NOT NULL);
-- against
CREATE TABLE q (a int NOT NULL);

-- renamed table's not null
CREATE TABLE q0 (a int NOT NULL);
ALTER TABLE q0 RENAME TO q;
-- against
CREATE TABLE q (a int NOT NULL);

-- index asc
CREATE INDEX i ON t (a ASC NULLS LAST);
-- against
CREATE INDEX i ON t (a);

-- index using btree
CREATE INDEX i ON t USING btree (a);
-- against
CREATE INDEX i ON t (a);

-- index default opclass
CREATE INDEX i ON t (a int4_ops);
-- against
CREATE INDEX i ON t (a);

-- index pred parens
CREATE INDEX i ON t (a) WHERE (b > 0);
-- against
CREATE INDEX i ON t (a) WHERE b > 0;

-- index pred cast
CREATE INDEX i ON t (a) WHERE s = 'x';
-- against
CREATE INDEX i ON t (a) WHERE ((s)::text = 'x'::text);

-- index pred in
CREATE INDEX i ON t (a) WHERE s IN ('x','y');
-- against
CREATE INDEX i ON t (a) WHERE ((s)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]));

-- index expr varchar
CREATE INDEX i ON t (lower(s));
-- against
CREATE INDEX i ON t (lower((s)::text));

-- index concurrently
CREATE INDEX CONCURRENTLY i ON t (a);
-- against
CREATE INDEX i ON t (a);

-- fk no action
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p(id) ON DELETE NO ACTION;
-- against
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p;

-- fk validated later
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p(id) NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT f;
-- against
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p;

-- unique using index
CREATE UNIQUE INDEX uq ON t (a);
ALTER TABLE t ADD CONSTRAINT uq UNIQUE USING INDEX uq;
-- against
ALTER TABLE t ADD CONSTRAINT uq UNIQUE (a);

-- view spelled
CREATE VIEW v AS SELECT a FROM t WHERE a = 1;
-- against
CREATE VIEW v AS SELECT t.a FROM t WHERE (t.a = 1);

-- enum added in order
CREATE TYPE e AS ENUM ('a','c');
ALTER TYPE e ADD VALUE 'b' BEFORE 'c';
-- against
CREATE TYPE e AS ENUM ('a','b','c');

-- dropped column
CREATE TABLE q (a int, z int, b int);
ALTER TABLE q DROP COLUMN z;
-- against
CREATE TABLE q (a int, b int);

-- renamed column seq
CREATE TABLE q (a0 serial);
ALTER TABLE q RENAME a0 TO a;
-- against
CREATE TABLE q (a serial);

-- grant owner
GRANT SELECT ON t TO inseam;
-- against

-- generated spelling
CREATE TABLE q (a int, c int GENERATED ALWAYS AS ((a) * 2) STORED);
-- against
CREATE TABLE q (a int, c int GENERATED ALWAYS AS (a*2) STORED);

-- tsvector generated
CREATE TABLE q (a text, c tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(a,''))) STORED);
-- against
CREATE TABLE q (a text, c tsvector GENERATED ALWAYS AS (to_tsvector('english'::regconfig, COALESCE(a, ''::text))) STORED);

-- identity explicit defaults
CREATE TABLE q (c int GENERATED BY DEFAULT AS IDENTITY (START 1 INCREMENT 1));
-- against
CREATE TABLE q (c int GENERATED BY DEFAULT AS IDENTITY);

-- comment empty
COMMENT ON COLUMN t.a IS '';
-- against

-- set statistics default
ALTER TABLE t ALTER a SET STATISTICS -1;
-- against

-- storage default
ALTER TABLE t ALTER x SET STORAGE EXTENDED;
-- against

-- function body ws
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
-- against
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$;

-- index predicate of a boolean
ALTER TABLE t ADD f boolean;
CREATE INDEX i ON t (a) WHERE f;
-- against
ALTER TABLE t ADD f boolean;
CREATE INDEX i ON t (a) WHERE f = true;

-- check of a boolean
CREATE TABLE q (c bool, d int, CONSTRAINT k CHECK (NOT c OR d > 0));
-- against
CREATE TABLE q (c bool, d int, CONSTRAINT k CHECK (c = false OR d > 0));
