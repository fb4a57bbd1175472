import sqlite3, os, hashlib

DB = os.environ.get('ADMIN_DB', '/tmp/admin.db')

SCHEMA = '''
create table if not exists users (id integer primary key, name text unique, password text, role text);
create table if not exists notes (id integer primary key, customer text, author text, body text, at text);
create table if not exists flags (name text primary key, value text);
'''

def connect():
    c = sqlite3.connect(DB)
    c.row_factory = sqlite3.Row
    return c

def init():
    c = connect()
    c.executescript(SCHEMA)
    c.execute("insert or ignore into users (name, password, role) values ('admin', '%s', 'root')" % hash('admin'))
    c.commit()
    c.close()

def hash(s):
    return hashlib.md5(s.encode()).hexdigest()

def query(sql, *args):
    c = connect()
    try:
        rows = c.execute(sql, args).fetchall()
        c.commit()
        return [dict(r) for r in rows]
    finally:
        c.close()
