import pytest
from legacy_admin import db
from legacy_admin.app import create_app
from legacy_admin.exports import push


@pytest.fixture
def client(monkeypatch, tmp_path):
    monkeypatch.setattr(db, 'DB', str(tmp_path / 'admin.db'))
    return create_app().test_client()


def login(client, password='admin'):
    return client.post('/login', data={'name': 'admin', 'password': password})


def test_login(client):
    assert client.get('/').status_code == 302
    assert login(client, 'wrong').status_code == 403
    assert login(client).status_code == 302
    assert b'admin' in client.get('/').data
    client.get('/logout')
    assert client.get('/').status_code == 302


def test_notes(client):
    login(client)
    client.post('/notes', data={'customer': 'c-1', 'body': 'called, "angry"'})
    assert client.get('/notes/c-1').json[0]['author'] == 'admin'
    assert b'angry' in client.get('/').data
    lines = client.get('/export.csv').text.splitlines()
    assert lines[0] == 'customer,author,body,at'
    assert lines[1].startswith('c-1,admin,"called, ""angry"""')


def test_flags(client):
    login(client)
    assert client.post('/flags', data={'name': 'beta', 'value': 'on'}).json == {'beta': 'on'}
    assert client.get('/flags').json == {'beta': 'on'}


def test_push_never_raises():
    assert push('http://127.0.0.1:1/', []) is None
