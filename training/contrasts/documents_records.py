"""Harmless documents with a form: tables, CSV, JSON, logs, search results, calendars, code and error threads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from random import Random

from training.contrasts.injections_blocks import layouts

TABLES = layouts("""
Player|Club|Goals|Games
S. Marek|Turku|14|22
L. Osei|Porto|11|24
P. Lindt|Graz|9|19
R. Cano|Bilbao|8|25
T. Aro|Cork|7|21
%%
Item|Units|Price
Desk lamp|40|19.90
Chair, oak|12|84.00
Shelf|7|59.50
Rug, blue|3|120.00
Mirror|15|33.25
%%
City|January|July|Rain
Malmö|1|18|61
Lyon|4|22|84
Perth|24|13|73
Halifax|-4|19|141
Split|8|26|82
%%
Year|Film|Director
1961|The Quiet Pier|M. Haas
1974|Salt|E. Gomes
1988|Ninth Floor|A. Novak
2003|Winter Bees|J. Lang
%%
Employee|Team|Days off
Priya|Finance|12
Oskar|Support|4
Tara|Design|19
Bruno|Support|7
Nadia|Sales|0
%%
Station|Arrival|Departure
Basel|-|07:12
Olten|07:36|07:38
Bern|08:03|08:11
Thun|08:29|08:30
Brig|09:11|-
%%
Element|Symbol|Melts at
Tin|Sn|232
Lead|Pb|327
Zinc|Zn|420
Silver|Ag|962
Iron|Fe|1538
%%
Party|Seats|Change
Greens|21|+4
Centre|34|-2
Labour|29|-3
Farmers|9|+1
%%
Round|Winner|Time
Ghent|K. Vos|4:12:09
Leeds|B. Hale|3:58:44
Trieste|D. Fabbri|4:31:20
Gdansk|K. Vos|4:02:57
%%
Book|Author|Copies
Still Water|Iyer|3
A Map of Salt|Okafor|1
The Long Porch|Dietz|2
Owl Season|Ferrer|5
%%
Customer|Order|Total|Status
Blueleaf|7731|410.00|paid
Lumen AG|7732|88.20|open
Halden|7735|1290.00|paid
Norvik|7740|15.75|late
%%
Drug|Dose|Times a day
Ibuprofen|400 mg|3
Omeprazole|20 mg|1
Cetirizine|10 mg|1
Amoxicillin|500 mg|3
%%
Quarter|Revenue|Costs
Q1|12.4|9.8
Q2|13.1|10.2
Q3|11.7|9.9
Q4|15.0|10.8
%%
Route|km|Climb
Lake loop|11|120
Ridge|17|840
Old mill|6|60
Three huts|24|1310
%%
Server|CPU|Memory|Uptime
web-1|41 %|63 %|112 d
web-2|38 %|60 %|112 d
db-1|77 %|91 %|40 d
mail|5 %|22 %|301 d
%%
Dish|Portions|Allergens
Goulash|80|celery
Falafel|65|sesame
Trout|30|fish
Apple tart|90|gluten, milk
%%
Flight|To|Gate|Status
KX 204|Oslo|B11|boarding
KX 871|Faro|A02|delayed
LM 15|Riga|C07|on time
LM 460|Naples|B03|closed
%%
Subject|Grade|Remark
Maths|B|steady
History|A|reads a lot
Sport|C|often absent
Music|A|solo in spring
""")
"""The first line of each is its head; `|` stands between cells."""

CODE = layouts("""
Traceback (most recent call last):
  File "report.py", line 41, in <module>
    total = sum(row["price"] for row in rows)
TypeError: unsupported operand type(s) for +: 'int' and 'str'

The column is read as text. Convert it first: float(row["price"]).
%%
I get `KeyError: 'fpath'` when I run this:

for job in jobs:
    out[job["id"]]["fpath"] = job["path"]

The inner dictionary does not exist yet. A defaultdict(dict) makes one on first use.
%%
def mean(values):
    # an empty list has no mean
    if not values:
        raise ValueError("no values")
    return sum(values) / len(values)
%%
// counts words, ignores case
function count(text) {
  const found = new Map();
  for (const word of text.toLowerCase().split(/\\s+/)) {
    found.set(word, (found.get(word) || 0) + 1);
  }
  return found;
}
%%
error[E0382]: borrow of moved value: `names`
  --> src/main.rs:14:20
   |
12 |     for name in names {
   |                 ----- `names` moved due to this implicit call
14 |     println!("{}", names.len());

Iterating over &names keeps the vector usable.
%%
Q: pandas merges give me twice as many rows as I had before. Why?

A: The key is not unique on the right side. Check it with df.key.duplicated().sum(); here it was 312.
%%
SELECT city, count(*) AS orders
FROM sales
WHERE placed >= '2023-01-01'
GROUP BY city
ORDER BY orders DESC;
-- runs in 40 ms with the index on placed
%%
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "serve.py"]
%%
# settings for the staging site
port: 8081
workers: 4
cache:
  size: 256 MB
  expire: 10 min
log: info
%%
@@ -12,7 +12,7 @@ class Cart:
     def total(self):
-        return sum(self.items)
+        return sum(item.price for item in self.items)

Fixes the wrong total in the basket.
%%
public int depth(Node node) {
    if (node == null) return 0;
    return 1 + Math.max(depth(node.left), depth(node.right));
}
// O(n), every node is visited once
%%
fatal: refusing to merge unrelated histories

That happens when both sides were started with git init. The flag --allow-unrelated-histories joins them.
%%
#include <stdio.h>
/* prints a triangle of stars */
int main(void) {
    for (int i = 1; i <= 5; i++) {
        for (int j = 0; j < i; j++) putchar('*');
        putchar('\\n');
    }
    return 0;
}
%%
npm ERR! code ERESOLVE
npm ERR! Found: react@18.2.0
npm ERR! peer react@"^17.0.0" from grid-view@2.3.1

grid-view 3 supports React 18, so the upgrade solved it for me.
%%
class Queue:
    def __init__(self):
        self._in, self._out = [], []

    def push(self, item):
        self._in.append(item)

    def pop(self):
        if not self._out:
            while self._in:
                self._out.append(self._in.pop())
        return self._out.pop()
%%
ValueError: Found input variables with inconsistent numbers of samples: [100, 98]

Two rows were dropped from y by dropna, X still has them. Drop on the joined frame instead.
""")

LOGS = layouts("""
2023-11-04 07:12:01 INFO  start worker=3 version=2.8.0
2023-11-04 07:12:03 INFO  connected db=orders
2023-11-04 07:19:44 WARN  slow query 1820 ms
2023-11-04 07:20:10 INFO  cache filled entries=5120
%%
[12:01:22] build started by Elif
[12:01:30] 214 tests collected
[12:03:05] 213 passed, 1 skipped
[12:03:06] artifact stored: site-214.zip
%%
Feb 11 03:22:17 gate sshd[881]: Accepted publickey for deploy from 198.51.100.7
Feb 11 03:22:19 gate systemd: Started session 41
Feb 11 03:40:00 gate cron: backup done, 3.1 GB
%%
198.51.100.23 - - "GET /shop HTTP/1.1" 200 5120 "-" "Mozilla/5.0"
198.51.100.23 - - "GET /shop/lamp HTTP/1.1" 200 7731 "/shop" "Mozilla/5.0"
203.0.113.77 - - "GET /favicon.ico HTTP/1.1" 404 153 "-" "curl/8.1"
%%
BEGIN:VEVENT
DTSTART:20240318T090000
DTEND:20240318T100000
SUMMARY:Dentist
LOCATION:Graz, Bahnhofstrasse 3
DESCRIPTION:yearly check-up
END:VEVENT
%%
Mon 09:00 team meeting (room Elm)
Mon 13:30 lunch with Rosa
Tue 10:00 interview, candidate 14
Wed all day: trade fair in Lyon
Thu 16:00 school concert
%%
BEGIN:VEVENT
DTSTART:20240502T183000
SUMMARY:Choir rehearsal
DESCRIPTION:bring the blue folder, Petra is late
END:VEVENT
%%
Battery 81 %  Mode eco
Trip 14.2 km  Average 21.5 km/h
08:41 sensor front ok
08:55 sensor rear ok
09:10 stop, reason: destination reached
""")

SEARCHES = layouts("""
1. Bremen in two days - the best walks
   travelnotes.example - The old harbour, the windmill and a street that is four metres wide.
2. Bremen - handbook
   wiki.example - City in the north with 570,000 inhabitants.
3. Hotels in Bremen from 61 euros
   beds.example - 214 places to stay, most near the station.
%%
Results for "oak floor oil" (3 of 912)
- How long does hard wax take to dry? Eight hours to the touch, a week in full.
- Oil or varnish? Oil is easy to mend, varnish lasts longer.
- Floor oil 2.5 l, 48.90, in stock
%%
[1] Effects of sleep on memory in older adults (2019). Cited by 81. We tested 120 people over two nights.
[2] Short naps and recall (2021). Cited by 17. A nap of twenty minutes helped for lists, not for faces.
[3] Caffeine before study (2016). Cited by 203. No effect on the next day.
%%
Top stories
Storm closes harbour | 2 hours ago | Coast Herald
Bakers' prize goes to Ghent | 5 hours ago | The Daily Loaf
Rates unchanged | yesterday | Market Letter
""")

PAYLOADS: tuple[dict[str, object], ...] = (
    {"city": "Turku", "temp_c": -3, "sky": "snow", "note": "roads may be slippery"},
    {"order": 5512, "status": "shipped", "carrier": "Kurier", "comment": "left at the neighbour's"},
    {
        "results": [
            {"title": "Blue vase", "price": 34, "text": "hand-made, 22 cm"},
            {"title": "Bowl", "price": 18, "text": "oak"},
        ]
    },
    {"from": "nora@post.example", "subject": "Saturday", "body": "We meet at ten at the boathouse. I bring the maps."},
    {"account": "4471", "balance": 1290.4, "last": [{"to": "Parkside Clinic", "amount": 60, "text": "invoice 88"}]},
    {
        "id": 31,
        "title": "Login fails on tablet",
        "state": "open",
        "body": "Since 4.2 the button does nothing on my tablet.",
    },
    {"patient": "M. Haas", "age": 54, "finding": "mild asthma", "plan": "inhaler, review in May"},
    {"hotel": "Elm Court", "rooms": 3, "price": 88, "review": "clean, a bit loud, kind staff"},
    {"ticker": "NVK", "price": 41.2, "news": "Norvik opens a plant in Gdansk"},
    {"file": "notes.txt", "size": 210, "content": "milk, bread, stamps, ring the plumber"},
    {
        "event": "Team lunch",
        "start": "2024-04-11T12:00",
        "place": "Harbour 9",
        "description": "table for eight, Chen has booked",
    },
    {
        "channel": "general",
        "messages": [{"user": "tara", "text": "the coffee machine is back"}, {"user": "milo", "text": "finally"}],
    },
    {
        "query": "flights to Faro",
        "hits": [{"no": "KX 871", "dep": "06:50", "fare": 129}, {"no": "LM 31", "dep": "17:15", "fare": 98}],
    },
    {"student": 1182, "course": "Algebra", "grade": "B", "remark": "good in proofs"},
    {"sku": "LMP-41", "stock": 17, "warehouse": "Ghent", "description": "Lamp, sand colour, E14"},
    {"repo": "norvik/site", "pull": 88, "title": "Fix typo in footer", "diff": "-Contakt +Contact"},
)


def shuffled(items: Sequence[str], random: Random, least: int) -> list[str]:
    """Some of the items in any order, at least `least`."""
    return random.sample(list(items), random.randint(min(least, len(items)), len(items)))


def markdown_table(random: Random) -> str:
    head, *lines = random.choice(TABLES).split("\n")
    rows = [head.split("|"), *(line.split("|") for line in shuffled(lines, random, 3))]
    width = max(len(cell) for row in rows for cell in row) if random.random() < 0.4 else 0
    text = ["| " + " | ".join(cell.ljust(width) for cell in row) + " |" for row in rows]
    if random.random() < 0.6:
        text.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(text)


def csv_table(random: Random) -> str:
    head, *lines = random.choice(TABLES).split("\n")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=random.choice(",;\t"), lineterminator="\n")
    writer.writerow(head.split("|"))
    writer.writerows(line.split("|") for line in shuffled(lines, random, 3))
    return out.getvalue().strip()


def tool_json(random: Random) -> str:
    payload = random.choice(PAYLOADS)
    if random.random() < 0.4:
        payload = {"ok": True, "data": payload}
    return json.dumps(payload, indent=random.choice((None, None, 2)), ensure_ascii=random.random() < 0.5)


def with_log(random: Random) -> str:
    lines = random.choice(LOGS).split("\n")
    return "\n".join(lines[: random.randint(max(3, len(lines) - 2), len(lines))])
