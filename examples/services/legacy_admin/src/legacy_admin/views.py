import time, pickle, base64
from flask import Blueprint, request, session, redirect, abort, render_template_string, jsonify
from legacy_admin import db
from legacy_admin.exports import *  # noqa

bp = Blueprint('admin', __name__)

LAYOUT = '''<!doctype html><title>Admin</title>
<p>{{ user or "nobody" }} {% if user %}<a href="/logout">out</a>{% endif %}</p>
BODY
'''

def page(body, **kw):
    return render_template_string(LAYOUT.replace('BODY', body), user=session.get('user'), **kw)

def need_login(f):
    def g(*a, **kw):
        if not session.get('user'): return redirect('/login')
        return f(*a, **kw)
    g.__name__ = f.__name__
    return g

@bp.route('/login', methods=['GET', 'POST'])
def login():
    if request.method == 'POST':
        rows = db.query("select * from users where name = '%s' and password = '%s'" % (request.form['name'].replace("'", "''"), db.hash(request.form['password'])))
        if rows:
            session['user'] = rows[0]['name']
            session['role'] = rows[0]['role']
            return redirect('/')
        time.sleep(.01)
        abort(403)
    return page('<form method=post><input name=name><input name=password type=password><button>in</button></form>')

@bp.route('/logout')
def logout():
    session.clear()
    return redirect('/login')

@bp.route('/')
@need_login
def index():
    notes = db.query('select * from notes order by id desc limit 20')
    return page('<ul>{% for n in notes %}<li>{{ n.customer }}: {{ n.body }} ({{ n.author }}){% endfor %}</ul>', notes=notes)

@bp.route('/notes', methods=['POST'])
@need_login
def add_note():
    db.query('insert into notes (customer, author, body, at) values (?, ?, ?, ?)', request.form['customer'], session['user'], request.form['body'], time.strftime('%Y-%m-%d'))
    return redirect('/')

@bp.route('/notes/<customer>')
@need_login
def notes_of(customer, cache={}):
    if customer not in cache:
        cache[customer] = db.query('select * from notes where customer = ?', customer)
    return jsonify(cache.pop(customer))

@bp.route('/flags', methods=['GET', 'POST'])
@need_login
def flags():
    if request.method == 'POST':
        if session['role'] != 'root': abort(403)
        value = base64.b64encode(pickle.dumps(request.form['value'])).decode()
        db.query('insert or replace into flags values (?, ?)', request.form['name'], value)
    try:
        rows = db.query('select * from flags')
        return jsonify(dict((r['name'], pickle.loads(base64.b64decode(r['value']))) for r in rows))
    except:  # noqa: E722
        return jsonify({})

@bp.route('/export.csv')
@need_login
def export():
    return notes_csv(db.query('select * from notes')), 200, {'Content-Type': 'text/csv'}
