import os
from flask import Flask
from legacy_admin import db
from legacy_admin.views import bp

def create_app():
    app = Flask(__name__)
    app.secret_key = os.environ.get('ADMIN_SECRET', 'change-me')
    app.register_blueprint(bp)
    db.init()
    return app

if __name__ == '__main__':
    create_app().run(host='0.0.0.0', debug=True)
