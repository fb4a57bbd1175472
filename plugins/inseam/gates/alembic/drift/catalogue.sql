-- All that a database holds, as one JSON array of {kind, schema, table, name, attributes}.
-- For PostgreSQL 12 and later: newer columns are read through to_jsonb, where older ones lack them.
SET search_path = pg_catalog;
SET client_min_messages = warning;
SET enable_nestloop = off;  -- the planner takes each part for one row, and there may be thousands
WITH
extension_members AS (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
namespaces AS (
  SELECT n.oid, n.nspname, n.nspacl FROM pg_namespace n
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
entries (kind, schema, tabl, name, attributes) AS (
  SELECT 'schema', nspname::text, NULL::text, nspname::text,
    jsonb_build_object('comment', CASE WHEN nspname <> 'public' THEN obj_description(oid, 'pg_namespace') END)
  FROM namespaces
  UNION ALL
  SELECT 'table', c.nspname, c.relname, c.relname, jsonb_build_object(
    'kind', c.relkind,
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
    'comment', obj_description(i.oid, 'pg_class'))
  FROM relations c JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
  WHERE c.relkind IN ('r', 'p', 'f', 'm') AND NOT i.relispartition
    AND NOT EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
  UNION ALL
  SELECT 'sequence', s.nspname, NULL, s.relname, jsonb_build_object(
    'type', format_type(q.seqtypid, NULL), 'start', q.seqstart, 'increment', q.seqincrement,
    'minimum', q.seqmin, 'maximum', q.seqmax, 'cache', q.seqcache, 'cycle', q.seqcycle,
    'comment', obj_description(s.oid, 'pg_class'))
  FROM relations s JOIN pg_sequence q ON q.seqrelid = s.oid
  WHERE s.relkind = 'S' AND NOT EXISTS (SELECT FROM owned o WHERE o.sequence = s.oid)
  UNION ALL
  SELECT CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'materialized view' END,
    c.nspname, NULL, c.relname, jsonb_build_object(
    'definition', pg_get_viewdef(c.oid), 'options', c.reloptions,
    'populated', c.relispopulated, 'comment', obj_description(c.oid, 'pg_class'))
  FROM relations c WHERE c.relkind IN ('v', 'm')
  UNION ALL
  SELECT 'enum', n.nspname, NULL, t.typname, jsonb_build_object(
    'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
    'comment', obj_description(t.oid, 'pg_type'))
  FROM pg_type t JOIN namespaces n ON n.oid = t.typnamespace WHERE t.typtype = 'e'
    AND NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
  UNION ALL
  SELECT 'domain', n.nspname, NULL, t.typname, jsonb_build_object(
    'type', format_type(t.typbasetype, t.typtypmod), 'nullable', NOT t.typnotnull,
    'default', t.typdefault,
    'checks', (SELECT jsonb_agg(pg_get_constraintdef(k.oid) ORDER BY pg_get_constraintdef(k.oid))
               FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
    'comment', obj_description(t.oid, 'pg_type'))
  FROM pg_type t JOIN namespaces n ON n.oid = t.typnamespace WHERE t.typtype = 'd'
    AND NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
  UNION ALL
  SELECT 'composite type', c.nspname, NULL, c.relname, jsonb_build_object(
    'columns', (SELECT jsonb_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
  FROM relations c WHERE c.relkind = 'c'
  UNION ALL
  SELECT 'range type', n.nspname, NULL, t.typname,
    jsonb_build_object('subtype', format_type(r.rngsubtype, NULL))
  FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN namespaces n ON n.oid = t.typnamespace
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
  UNION ALL
  SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    n.nspname, NULL, format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
    jsonb_build_object(
      'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
      'comment', obj_description(p.oid, 'pg_proc'))
  FROM pg_proc p JOIN namespaces n ON n.oid = p.pronamespace
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
    AND NOT EXISTS (SELECT FROM pg_depend i
                    WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
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
    'using', pg_get_expr(y.polqual, y.polrelid), 'check', pg_get_expr(y.polwithcheck, y.polrelid))
  FROM relations c JOIN pg_policy y ON y.polrelid = c.oid
  UNION ALL
  SELECT 'rule', c.nspname, c.relname, w.rulename,
    jsonb_build_object('definition', pg_get_ruledef(w.oid), 'enabled', w.ev_enabled)
  FROM relations c JOIN pg_rewrite w ON w.ev_class = c.oid WHERE w.rulename <> '_RETURN'
  UNION ALL
  SELECT 'statistics', n.nspname, c.relname, s.stxname,
    jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid))
  FROM pg_statistic_ext s JOIN namespaces n ON n.oid = s.stxnamespace
  JOIN relations c ON c.oid = s.stxrelid
  UNION ALL
  SELECT 'collation', n.nspname, NULL, l.collname, jsonb_build_object('definition',
    (to_jsonb(l) - '{oid,collnamespace,collowner,collname,collversion}'::text[])::text)
  FROM pg_collation l JOIN namespaces n ON n.oid = l.collnamespace
  UNION ALL
  SELECT 'privileges', c.nspname, c.relname, COALESCE(g.grantee::regrole::text, 'PUBLIC'),
    jsonb_build_object('definition', string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type))
  FROM relations c, aclexplode(c.relacl) g
  WHERE c.relacl IS NOT NULL AND g.grantee <> c.relowner GROUP BY c.nspname, c.relname, g.grantee
  UNION ALL
  SELECT 'event trigger', '', NULL, e.evtname, jsonb_build_object(
    'definition', format('%s %s %s', e.evtevent, e.evtfoid::regproc, e.evttags), 'enabled', e.evtenabled)
  FROM pg_event_trigger e
  UNION ALL
  SELECT 'publication', '', NULL, p.pubname,
    jsonb_build_object('definition', (to_jsonb(p) - '{oid,pubname,pubowner}'::text[])::text,
      'tables', (SELECT array_agg(r.prrelid::regclass::text ORDER BY r.prrelid::regclass::text)
                 FROM pg_publication_rel r WHERE r.prpubid = p.oid))
  FROM pg_publication p
)
SELECT COALESCE(jsonb_agg(jsonb_build_object(
    'kind', kind, 'schema', schema, 'table', tabl, 'name', name,
    'attributes', jsonb_strip_nulls(attributes))
  ORDER BY kind, schema COLLATE "C", tabl COLLATE "C" NULLS FIRST, name COLLATE "C"), '[]')
FROM entries;
