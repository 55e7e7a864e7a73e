"""Check an extract of kept: python3 check_extract.py EXTRACT.json [LINE]

LINE is the last line of a letter you got from the house: "number · digest · signature". With it
the script also says whether the ledger still holds what it held when that letter was sent.
Plain Python 3.8 or newer, nothing else. What it does is described in extract.md.
"""

import base64
import hashlib
import json
import re
import sys


def sha256(content):
    return hashlib.sha256(content).digest()


def main(path, line=None):
    with open(path, encoding="utf-8") as file:
        extract = json.load(file)
    if extract["form"] != 1:
        sys.exit("This script knows form 1 of the file; this one is another.")
    organisation, head = extract["house"]["organisation"], extract["head"]

    # 1. Follow the chain: each digest is made of the one before it and of the event's body.
    digest, digests = bytes(32), ["00" * 32]
    for number, event in enumerate(extract["events"], start=1):
        if isinstance(event, str):  # somebody else's: a bare digest
            body = bytes.fromhex(event)
        else:
            header = event["header"]
            if (header["number"], header["organisation"]) != (number, organisation):
                sys.exit(f"WRONG: event {number} stands in a place that is not its own.")
            written = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            body = sha256(sha256(written.encode("utf-8")) + bytes.fromhex(event["hidden"]))
        digest = sha256(digest + body)
        digests.append(digest.hex())

    # 2. The chain must end in the head, and the house must have signed it.
    if (len(digests) - 1, digests[-1]) != (head["number"], head["digest"]):
        sys.exit("WRONG: something was altered, left out or added: the chain misses its head.")
    key = bytes.fromhex(extract["public_key"])
    demand_signature(key, organisation, head["number"], head["digest"], head["signature"])

    # 3. A head that you were sent earlier must lie on the same chain.
    if line is not None:
        number, short, signature = re.findall(r"[\w-]+", line)[:3]
        if int(number) >= len(digests):
            sys.exit(f"WRONG: your letter knows {number} events, the extract ends before.")
        if not digests[int(number)].startswith(short):
            sys.exit(f"WRONG: event {number} is not the one that your letter names.")
        demand_signature(key, organisation, int(number), digests[int(number)], signature)

    print(f"Extract of {extract['client']} by {extract['house']['name']}, {extract['made_at']}")
    print(f"Signed with the key {extract['public_key']}")
    for event in extract["events"]:
        if isinstance(event, dict):
            header = event["header"]
            print(
                f"\n{header['number']}  {header['at']}  {header['kind']}  {title(extract, header)}"
            )
            for row, facts in sorted(header["shown"].items()):
                columns = facts.items() if isinstance(facts, dict) else [("", facts)]
                told = [f"{name} {value}" for name, value in sorted(columns) if value is not None]
                print(f"    {row}: {', '.join(told)}")
    checked = " and the line you were sent" if line is not None else ""
    print(f"\nWHOLE: {head['number']} events up to the signed head{checked}.")


def title(extract, header):
    table, number = header["about"]
    if table == "occurrence":  # one time of something that recurs
        row = header["shown"].get(f"occurrence:{number}", {})
        table, number = "standingpromise", row.get("standing_id")
    if table == "standingpromise":
        return extract.get("recurring", {}).get(str(number), "")
    return extract["titles"].get(str(header["promise"]), "")


def demand_signature(key, organisation, number, digest, signature):
    message = f"kept ledger head\n{organisation}\n{number}\n{digest}\n".encode("ascii")
    if not is_signed(key, message, base64.urlsafe_b64decode(signature + "==")):
        sys.exit("WRONG: the head was not signed with this key.")


# Ed25519 (RFC 8032, section 5.1.7), only what checks a signature: nothing here is secret.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point(x, y):
    return x, y, 1, x * y % P


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, a):
    found = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = add(found, a)
        a, scalar = add(a, a), scalar >> 1
    return found


def read_point(written):
    y, sign = int.from_bytes(written, "little") & ((1 << 255) - 1), written[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    return point(P - x if x % 2 != sign else x, y)


def is_signed(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    owner, random = read_point(key), read_point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if owner is None or random is None or scalar >= ORDER:
        return False
    base = read_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    hashed = hashlib.sha512(signature[:32] + key + message).digest()
    left = times(scalar, base)
    right = add(random, times(int.from_bytes(hashed, "little") % ORDER, owner))
    return (
        (left[0] * right[2] - right[0] * left[2]) % P
        == 0
        == (left[1] * right[2] - right[1] * left[2]) % P
    )


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
