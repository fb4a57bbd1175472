import os
import subprocess

from billing import config

TEMPLATE = """Invoice {id}
Customer: {customer}

{lines}

Net   {net}
VAT   {vat}
Total {gross}
"""


def render(invoice):
    lines = []
    for l in invoice["lines"]:
        lines.append("%-30s %5d x %10.2f" % (l["text"], l["quantity"], l["minor"] / 100))
    return TEMPLATE.format(
        id=invoice["id"],
        customer=invoice["customer"],
        lines="\n".join(lines),
        net=invoice["net"] / 100,
        vat=invoice["vat"] / 100,
        gross=invoice["gross"] / 100,
    )


def write(invoice):
    if not os.path.exists(config.OUTBOX):
        os.makedirs(config.OUTBOX)
    path = os.path.join(config.OUTBOX, invoice["id"] + ".txt")
    with open(path, "w") as f:
        f.write(render(invoice))
    return path


def page_count(path):
    out = subprocess.check_output(["wc", "-l", path])
    return 1 + int(out.split()[0]) // 60
