-- All that a database holds, as JSON arrays of {kind, schema, table, name, attributes}, one a line.
-- For PostgreSQL 12 and later: newer columns are read through to_jsonb, where older ones lack them.
SET search_path = pg_catalog;
SET client_min_messages = warning;
SET enable_nestloop = off;  -- the planner takes each part for one row, and there may be thousands
WITH
extension_members AS (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
namespaces AS (
  SELECT n.oid, n.nspname, n.nspacl, n.nspowner FROM pg_namespace n
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%'
    AND n.nspname NOT LIKE 'pg\_temp%'
    AND NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_namespace'::regclass AND m.objid = n.oid)
),
relations AS (
  SELECT c.*, n.nspname FROM pg_class c JOIN namespaces n ON n.oid = c.relnamespace
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
),
tables AS (SELECT * FROM relations WHERE relkind IN ('r', 'p', 'f')),
owned AS (
  SELECT DISTINCT ON (d.refobjid, d.refobjsubid)
    d.objid AS sequence, d.refobjid AS owner, d.refobjsubid AS number, d.deptype
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  ORDER BY d.refobjid, d.refobjsubid, d.objid
),
owned_privileges (schema, tabl, what, acl, owner) AS (
  SELECT nspname::text, NULL::text, 'the schema', nspacl, nspowner FROM namespaces WHERE nspname <> 'public'
  UNION ALL
  SELECT nspname, relname, CASE WHEN relkind = 'S' THEN 'the sequence' ELSE 'it' END, relacl, relowner
  FROM relations WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  UNION ALL
  SELECT c.nspname, c.relname, a.attname, a.attacl, c.relowner
  FROM relations c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE a.attacl IS NOT NULL
),
entries (kind, schema, tabl, name, attributes) AS (
  SELECT 'schema', nspname::text, NULL::text, nspname::text,
    CASE WHEN nspname = 'public' THEN '{}' ELSE jsonb_build_object(
      'owner', NULLIF(pg_get_userbyid(nspowner), current_user),
      'comment', obj_description(oid, 'pg_namespace')) END
  FROM namespaces
  UNION ALL
  SELECT 'table', c.nspname, c.relname, c.relname, jsonb_build_object(
    'kind', c.relkind,
    'owner', NULLIF(pg_get_userbyid(c.relowner), current_user),
    'server', (SELECT v.srvname FROM pg_foreign_table f JOIN pg_foreign_server v ON v.oid = f.ftserver
               WHERE f.ftrelid = c.oid),
    'foreign_options', (SELECT f.ftoptions FROM pg_foreign_table f WHERE f.ftrelid = c.oid),
    'toast_options', (SELECT o.reloptions FROM pg_class o WHERE o.oid = c.reltoastrelid),
    'persistence', c.relpersistence,
    'partition_key', pg_get_partkeydef(c.oid),
    'partition_bound', pg_get_expr(c.relpartbound, c.oid),
    'inherits', (SELECT array_agg(i.inhparent::regclass::text ORDER BY i.inhseqno)
                 FROM pg_inherits i WHERE i.inhrelid = c.oid),
    'row_security', c.relrowsecurity,
    'force_row_security', c.relforcerowsecurity,
    'options', c.reloptions,
    'replica_identity', c.relreplident,
    'access_method', (SELECT amname FROM pg_am WHERE oid = c.relam),
    'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
    'of_type', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
    'comment', obj_description(c.oid, 'pg_class'))
  FROM tables c
  UNION ALL
  SELECT 'column', c.nspname, c.relname, a.attname, jsonb_build_object(
    'type', format_type(a.atttypid, a.atttypmod),
    'nullable', NOT a.attnotnull,
    'not_null', (SELECT NULLIF(concat_ws(' ', CASE WHEN NOT n.convalidated THEN 'NOT VALID' END,
                                         CASE WHEN n.connoinherit THEN 'NO INHERIT' END), '')
                 FROM pg_constraint n
                 WHERE n.conrelid = c.oid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum]),
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'computed', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'computed_kind', a.attgenerated,
    'identity', a.attidentity,
    'sequence', CASE WHEN o.deptype = 'a' THEN o.sequence::regclass::text END,
    'sequence_options', CASE WHEN q.seqrelid IS NOT NULL THEN jsonb_build_object(
      'type', format_type(q.seqtypid, NULL), 'start', q.seqstart, 'increment', q.seqincrement,
      'minimum', q.seqmin, 'maximum', q.seqmax, 'cache', q.seqcache, 'cycle', q.seqcycle) END,
    'collation', CASE WHEN a.attcollation <> t.typcollation
      THEN (SELECT format('%I.%I', cn.nspname, l.collname) FROM pg_collation l
            JOIN pg_namespace cn ON cn.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
    'storage', CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
    'compression', NULLIF(to_jsonb(a) ->> 'attcompression', ''),
    'options', a.attoptions,
    'foreign_options', a.attfdwoptions,
    'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
    'comment', col_description(c.oid, a.attnum))
  FROM tables c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN owned o ON o.owner = c.oid AND o.number = a.attnum
  LEFT JOIN pg_sequence q ON q.seqrelid = o.sequence
  UNION ALL
  SELECT 'constraint', c.nspname, c.relname, k.conname, jsonb_build_object(
    'type', k.contype,
    'definition', pg_get_constraintdef(k.oid),
    'validated', k.convalidated,
    'deferrable', k.condeferrable,
    'deferred', k.condeferred,
    'enforced', COALESCE((to_jsonb(k) ->> 'conenforced')::boolean, true),
    'no_inherit', k.connoinherit,
    'index_options', (SELECT i.reloptions FROM pg_class i WHERE i.oid = k.conindid AND k.contype <> 'f'),
    'comment', obj_description(k.oid, 'pg_constraint'))
  FROM tables c JOIN pg_constraint k ON k.conrelid = c.oid
  WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conparentid = 0 AND k.conislocal
  UNION ALL
  SELECT 'index', c.nspname, c.relname, i.relname, jsonb_build_object(
    'definition', pg_get_indexdef(i.oid),
    'valid', x.indisvalid,
    'clustered', x.indisclustered,
    'replica_identity', x.indisreplident,
    'statistics', (SELECT jsonb_object_agg(a.attnum, a.attstattarget) FROM pg_attribute a
                   WHERE a.attrelid = i.oid AND a.attstattarget >= 0),
    'comment', obj_description(i.oid, 'pg_class'))
  FROM relations c JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
  WHERE c.relkind IN ('r', 'p', 'f', 'm') AND NOT i.relispartition
    AND NOT EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
  UNION ALL
  SELECT 'sequence', s.nspname, NULL, s.relname, jsonb_build_object(
    'type', format_type(q.seqtypid, NULL), 'start', q.seqstart, 'increment', q.seqincrement,
    'minimum', q.seqmin, 'maximum', q.seqmax, 'cache', q.seqcache, 'cycle', q.seqcycle,
    'persistence', NULLIF(s.relpersistence, 'p'),
    'owner', NULLIF(pg_get_userbyid(s.relowner), current_user),
    'comment', obj_description(s.oid, 'pg_class'))
  FROM relations s JOIN pg_sequence q ON q.seqrelid = s.oid
  WHERE s.relkind = 'S' AND NOT EXISTS (SELECT FROM owned o WHERE o.sequence = s.oid)
  UNION ALL
  SELECT CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'materialized view' END,
    c.nspname, NULL, c.relname, jsonb_build_object(
    'definition', pg_get_viewdef(c.oid), 'options', c.reloptions,
    'populated', c.relispopulated, 'owner', NULLIF(pg_get_userbyid(c.relowner), current_user),
    'column_defaults', (SELECT jsonb_object_agg(a.attname, pg_get_expr(d.adbin, d.adrelid))
                        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                        WHERE d.adrelid = c.oid),
    'column_comments', (SELECT jsonb_object_agg(a.attname, col_description(c.oid, a.attnum))
                        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
                          AND col_description(c.oid, a.attnum) IS NOT NULL),
    'comment', obj_description(c.oid, 'pg_class'))
  FROM relations c WHERE c.relkind IN ('v', 'm')
  UNION ALL
  SELECT 'trigger', c.nspname, c.relname, g.tgname, jsonb_build_object(
    'definition', pg_get_triggerdef(g.oid), 'enabled', g.tgenabled,
    'comment', obj_description(g.oid, 'pg_trigger'))
  FROM relations c JOIN pg_trigger g ON g.tgrelid = c.oid
  WHERE NOT g.tgisinternal AND COALESCE((to_jsonb(g) ->> 'tgparentid')::oid, 0) = 0
  UNION ALL
  SELECT 'policy', c.nspname, c.relname, y.polname, jsonb_build_object(
    'command', y.polcmd, 'permissive', y.polpermissive,
    'roles', (SELECT array_agg(r::regrole::text ORDER BY r::regrole::text) FROM unnest(y.polroles) r),
    'using', pg_get_expr(y.polqual, y.polrelid), 'check', pg_get_expr(y.polwithcheck, y.polrelid),
    'comment', obj_description(y.oid, 'pg_policy'))
  FROM relations c JOIN pg_policy y ON y.polrelid = c.oid
  UNION ALL
  SELECT 'rule', c.nspname, c.relname, w.rulename,
    jsonb_build_object('definition', pg_get_ruledef(w.oid), 'enabled', w.ev_enabled)
  FROM relations c JOIN pg_rewrite w ON w.ev_class = c.oid WHERE w.rulename <> '_RETURN'
  UNION ALL
  SELECT 'statistics', n.nspname, c.relname, s.stxname,
    jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid),
      'statistics', (SELECT (to_jsonb(s) ->> 'stxstattarget')::int WHERE (to_jsonb(s) ->> 'stxstattarget')::int >= 0),
      'comment', obj_description(s.oid, 'pg_statistic_ext'))
  FROM pg_statistic_ext s JOIN namespaces n ON n.oid = s.stxnamespace
  JOIN relations c ON c.oid = s.stxrelid
  UNION ALL
  SELECT 'privileges', o.schema, o.tabl, COALESCE(NULLIF(g.grantee, 0)::regrole::text, 'PUBLIC') || ' on ' || o.what,
    jsonb_build_object('definition', string_agg(
      g.privilege_type || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', '
      ORDER BY g.privilege_type, g.is_grantable))
  FROM owned_privileges o, aclexplode(o.acl) g
  WHERE g.grantee <> o.owner GROUP BY o.schema, o.tabl, o.what, g.grantee
)
SELECT COALESCE(jsonb_agg(jsonb_build_object(
    'kind', kind, 'schema', schema, 'table', tabl, 'name', name,
    'attributes', jsonb_strip_nulls(attributes))
  ORDER BY kind, schema COLLATE "C", tabl COLLATE "C" NULLS FIRST, name COLLATE "C"), '[]')
FROM entries;
\ir definitions.sql
