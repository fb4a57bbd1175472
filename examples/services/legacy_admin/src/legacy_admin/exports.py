import csv, io
import requests

COLUMNS = ['customer', 'author', 'body', 'at']

def notes_csv(rows):
    out = io.StringIO()
    w = csv.writer(out)
    w.writerow(COLUMNS)
    for r in rows: w.writerow([r[c] for c in COLUMNS])
    return out.getvalue()

def push(url, rows):
    total = len(rows)
    try:
        return requests.put(url, data=notes_csv(rows), verify=False).status_code
    except Exception as e:
        print('push failed', e)
        return None
