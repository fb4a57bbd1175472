-- The second part of catalogue.sql: what does not belong to a table.
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
  WHERE c.relkind = 'c' AND NOT EXISTS (SELECT FROM extension_members m
                                        WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
),
entries (kind, schema, tabl, name, attributes) AS (
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
    'collation', CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END,
    'check_names', (SELECT jsonb_agg(k.conname ORDER BY k.conname)
                    FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
    'checks', (SELECT jsonb_agg(pg_get_constraintdef(k.oid) ORDER BY pg_get_constraintdef(k.oid))
               FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
    'comment', obj_description(t.oid, 'pg_type'))
  FROM pg_type t JOIN namespaces n ON n.oid = t.typnamespace
  JOIN pg_type b ON b.oid = t.typbasetype WHERE t.typtype = 'd'
    AND NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
  UNION ALL
  SELECT 'composite type', c.nspname, NULL, c.relname, jsonb_build_object(
    'columns', (SELECT jsonb_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attcollation <> t.typcollation
                       THEN format('COLLATE %s', a.attcollation::regcollation) END) ORDER BY a.attnum)
                FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'comment', obj_description(c.reltype, 'pg_type'))
  FROM relations c WHERE c.relkind = 'c'
  UNION ALL
  SELECT 'range type', n.nspname, NULL, t.typname,
    jsonb_build_object('subtype', format_type(r.rngsubtype, NULL),
      'collation', NULLIF(r.rngcollation, 0)::regcollation::text,
      'canonical', NULLIF(r.rngcanonical::oid, 0)::regproc::text,
      'subtype_diff', NULLIF(r.rngsubdiff::oid, 0)::regproc::text,
      'operator_class', (SELECT o.opcname FROM pg_opclass o WHERE o.oid = r.rngsubopc),
      'comment', obj_description(t.oid, 'pg_type'))
  FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN namespaces n ON n.oid = t.typnamespace
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
  UNION ALL
  SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    n.nspname, NULL, format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
    jsonb_build_object(
      'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) ELSE (
        SELECT (to_jsonb(g) - '{aggfnoid,aggtranstype,aggmtranstype,aggsortop}'::text[] || jsonb_build_object(
          'state', format_type(g.aggtranstype, NULL), 'moving_state', format_type(g.aggmtranstype, NULL),
          'sort', g.aggsortop::regoperator))::text FROM pg_aggregate g WHERE g.aggfnoid = p.oid) END,
      'owner', NULLIF(pg_get_userbyid(p.proowner), current_user),
      'privileges', (SELECT string_agg(COALESCE(NULLIF(g.grantee, 0)::regrole::text, 'PUBLIC'), ', '
                                       ORDER BY g.grantee::regrole::text)
                     FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) g
                     WHERE g.grantee <> p.proowner),
      'comment', obj_description(p.oid, 'pg_proc'))
  FROM pg_proc p JOIN namespaces n ON n.oid = p.pronamespace
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
    AND NOT EXISTS (SELECT FROM pg_depend i
                    WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
  UNION ALL
  SELECT 'collation', n.nspname, NULL, l.collname, jsonb_build_object('definition',
    (to_jsonb(l) - '{oid,collnamespace,collowner,collname,collversion}'::text[])::text)
  FROM pg_collation l JOIN namespaces n ON n.oid = l.collnamespace
  UNION ALL
  SELECT 'default privileges', COALESCE(n.nspname, ''), NULL,
    format('%s on %s for %s', COALESCE(NULLIF(g.grantee, 0)::regrole::text, 'PUBLIC'), d.defaclobjtype, d.defaclrole::regrole),
    jsonb_build_object('definition', string_agg(
      g.privilege_type || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', '
      ORDER BY g.privilege_type, g.is_grantable))
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) g
  WHERE g.grantee <> d.defaclrole GROUP BY n.nspname, d.defaclobjtype, d.defaclrole, g.grantee
  UNION ALL
  SELECT 'extension', '', NULL, x.extname, jsonb_build_object('schema', x.extnamespace::regnamespace)
  FROM pg_extension x WHERE x.extname <> 'plpgsql'
  UNION ALL
  SELECT 'operator', n.nspname, NULL, format('%s (%s, %s)', o.oprname, format_type(NULLIF(o.oprleft, 0), NULL),
      format_type(NULLIF(o.oprright, 0), NULL)),
    jsonb_build_object('function', o.oprcode, 'commutator', NULLIF(o.oprcom, 0)::regoperator::text,
      'negator', NULLIF(o.oprnegate, 0)::regoperator::text, 'restrict', NULLIF(o.oprrest::oid, 0)::regproc::text,
      'join', NULLIF(o.oprjoin::oid, 0)::regproc::text, 'merges', o.oprcanmerge, 'hashes', o.oprcanhash)
  FROM pg_operator o JOIN namespaces n ON n.oid = o.oprnamespace
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_operator'::regclass AND m.objid = o.oid)
  UNION ALL
  SELECT 'operator class', n.nspname, NULL, format('%s USING %s', o.opcname, a.amname),
    jsonb_build_object('type', format_type(o.opcintype, NULL), 'default', o.opcdefault,
      'family', f.opfname, 'storage', format_type(NULLIF(o.opckeytype, 0), NULL))
  FROM pg_opclass o JOIN namespaces n ON n.oid = o.opcnamespace JOIN pg_am a ON a.oid = o.opcmethod
  JOIN pg_opfamily f ON f.oid = o.opcfamily
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_opclass'::regclass AND m.objid = o.oid)
  UNION ALL
  SELECT 'cast', '', NULL, format('%s AS %s', format_type(k.castsource, NULL), format_type(k.casttarget, NULL)),
    jsonb_build_object('function', NULLIF(k.castfunc, 0)::regprocedure::text, 'context', k.castcontext,
      'method', k.castmethod)
  FROM pg_cast k WHERE k.oid >= 16384
    AND NOT EXISTS (SELECT FROM extension_members m WHERE m.classid = 'pg_cast'::regclass AND m.objid = k.oid)
  UNION ALL
  SELECT 'text search dictionary', n.nspname, NULL, d.dictname,
    jsonb_build_object('template', (SELECT tmplname FROM pg_ts_template WHERE oid = d.dicttemplate), 'options', d.dictinitoption)
  FROM pg_ts_dict d JOIN namespaces n ON n.oid = d.dictnamespace
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_ts_dict'::regclass AND m.objid = d.oid)
  UNION ALL
  SELECT 'text search configuration', n.nspname, NULL, c.cfgname, jsonb_build_object(
    'parser', (SELECT prsname FROM pg_ts_parser WHERE oid = c.cfgparser),
    'mappings', (SELECT jsonb_agg(format('%s %s', m.maptokentype, m.mapdict::regdictionary)
                                  ORDER BY m.maptokentype, m.mapseqno)
                 FROM pg_ts_config_map m WHERE m.mapcfg = c.oid))
  FROM pg_ts_config c JOIN namespaces n ON n.oid = c.cfgnamespace
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_ts_config'::regclass AND m.objid = c.oid)
  UNION ALL
  SELECT 'foreign data wrapper', '', NULL, w.fdwname, jsonb_build_object('options', w.fdwoptions,
    'handler', NULLIF(w.fdwhandler, 0)::regproc::text, 'validator', NULLIF(w.fdwvalidator, 0)::regproc::text)
  FROM pg_foreign_data_wrapper w
  WHERE NOT EXISTS (SELECT FROM extension_members m
                    WHERE m.classid = 'pg_foreign_data_wrapper'::regclass AND m.objid = w.oid)
  UNION ALL
  SELECT 'server', '', NULL, v.srvname, jsonb_build_object('options', v.srvoptions, 'type', v.srvtype,
    'version', v.srvversion, 'wrapper', (SELECT fdwname FROM pg_foreign_data_wrapper WHERE oid = v.srvfdw))
  FROM pg_foreign_server v
  UNION ALL
  SELECT 'event trigger', '', NULL, e.evtname, jsonb_build_object(
    'definition', format('%s %s %s', e.evtevent, e.evtfoid::regproc, e.evttags), 'enabled', e.evtenabled)
  FROM pg_event_trigger e
  UNION ALL
  SELECT 'publication', '', NULL, p.pubname,
    jsonb_build_object('definition', (to_jsonb(p) - '{oid,pubname,pubowner}'::text[])::text,
      'tables', (SELECT jsonb_agg(to_jsonb(b) - 'pubname' ORDER BY b.schemaname, b.tablename)
                 FROM pg_publication_tables b WHERE b.pubname = p.pubname AND NOT p.puballtables))
  FROM pg_publication p
)
SELECT COALESCE(jsonb_agg(jsonb_build_object(
    'kind', kind, 'schema', schema, 'table', tabl, 'name', name,
    'attributes', jsonb_strip_nulls(attributes))
  ORDER BY kind, schema COLLATE "C", tabl COLLATE "C" NULLS FIRST, name COLLATE "C"), '[]')
FROM entries;
