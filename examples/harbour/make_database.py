"""Makes the database of Harbour Travel: an invented company with invented customers in more than forty countries.

    make_database.py                  writes harbour.sqlite beside this file and prints the customers by country
    make_database.py --check          says whether the counts in people.yaml are those of the database
    make_database.py --write-people   writes people.yaml from the database
    make_database.py --database FILE  does it with another file; --share 0.1 makes a tenth of the customers

The same seed gives the same database. How many people there are, and where, hangs on the seed alone; names and streets
hang on the version of Faker as well.
"""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import random
import sqlite3
import string
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faker import Faker

HERE = Path(__file__).parent
DATABASE = HERE / "harbour.sqlite"
PEOPLE = HERE / "people.yaml"
SEED = 2026
COUNTED = dt.date(2026, 11, 1)  # the day on which the people were counted: nothing in the database is younger

COMPANIES = {
    "harbour-bv": ("Harbour Travel B.V.", "NL"),
    "harbour-shenzhen": ("Harbour Travel Technology (Shenzhen) Co., Ltd.", "CN"),
}
# Customers of each company and their weight by country. The company in Shenzhen sells to travellers from China only.
N_CUSTOMERS = {"harbour-bv": 28_000, "harbour-shenzhen": 13_400}
WEIGHTS = {
    "harbour-bv": {
        "NL": 5210, "DE": 3122, "FR": 1240, "BE": 1180, "GB": 1460, "IT": 820, "ES": 790, "PL": 610, "SE": 540,
        "DK": 470, "NO": 430, "FI": 310, "IE": 360, "AT": 420, "CH": 520, "PT": 290, "CZ": 270, "GR": 180, "HU": 170,
        "RO": 230, "BG": 110, "HR": 90, "SK": 85, "SI": 70, "LT": 75, "LV": 55, "EE": 60, "IS": 40, "TR": 260,
        "UA": 150, "RU": 1350, "IL": 130, "JP": 210, "KR": 170, "IN": 380, "SG": 120, "AU": 300, "NZ": 90, "BR": 240,
        "AR": 80, "ZA": 140, "PH": 90, "TH": 60, "US": 5300, "CA": 400, "MX": 160, "CO": 60, "CL": 50,
    },
    "harbour-shenzhen": {"CN": 1},
}  # fmt: skip
LOCALES = {  # of Faker; a country that is missing here gets British names
    "NL": "nl_NL", "DE": "de_DE", "FR": "fr_FR", "BE": "nl_BE", "GB": "en_GB", "IT": "it_IT", "ES": "es_ES",
    "PL": "pl_PL", "SE": "sv_SE", "DK": "da_DK", "NO": "no_NO", "FI": "fi_FI", "IE": "en_IE", "AT": "de_AT",
    "CH": "de_CH", "PT": "pt_PT", "CZ": "cs_CZ", "GR": "el_GR", "HU": "hu_HU", "RO": "ro_RO", "BG": "bg_BG",
    "HR": "hr_HR", "SK": "sk_SK", "SI": "sl_SI", "LT": "lt_LT", "LV": "lv_LV", "EE": "et_EE", "TR": "tr_TR",
    "UA": "uk_UA", "RU": "ru_RU", "IL": "he_IL", "JP": "ja_JP", "KR": "ko_KR", "IN": "en_IN", "AU": "en_AU",
    "NZ": "en_NZ", "BR": "pt_BR", "AR": "es_AR", "ZA": "zu_ZA", "PH": "en_PH", "TH": "th_TH", "US": "en_US",
    "CA": "en_CA", "MX": "es_MX", "CO": "es_CO", "CL": "es_CL", "CN": "zh_CN",
}  # fmt: skip
# Faker draws Italian towns from a set, whose order is another one in each run.
TOWNS = {"IT": ("Milano", "Torino", "Bologna", "Genova", "Padova", "Trieste", "Bari", "Catania", "Lecce", "Perugia")}
CURRENCIES = {
    "US": "USD", "CA": "CAD", "MX": "MXN", "CN": "CNY", "GB": "GBP", "CH": "CHF", "JP": "JPY", "RU": "RUB", "IN": "INR",
}  # fmt: skip
# The rough middle of a country, around which devices wander.
MIDDLES = {
    "NL": (52.2, 5.3), "US": (39.8, -98.6), "CN": (32.0, 114.0), "DE": (51.2, 10.4), "RU": (55.7, 40.0),
    "FR": (46.6, 2.4),
}  # fmt: skip
STAFF = {
    ("harbour-bv", "NL"): 164,
    ("harbour-bv", "DE"): 41,
    ("harbour-bv", "FR"): 12,
    ("harbour-shenzhen", "CN"): 93,
}
JOBS = {  # lowest and highest pay a year, in thousands
    "travel agent": (30, 44),
    "developer": (55, 92),
    "accountant": (42, 64),
    "team lead": (60, 88),
    "data analyst": (48, 76),
    "office manager": (34, 47),
}
HOTELS = (
    ("Grachtenhuis Noord", "Amsterdam", "NL"),
    ("Hotel am Spreeufer", "Berlin", "DE"),
    ("Pension Alpenblick", "Innsbruck", "AT"),
    ("Hôtel du Vieux Port", "Marseille", "FR"),
    ("Casa dos Azulejos", "Lisbon", "PT"),
    ("Albergo San Rocco", "Venice", "IT"),
    ("Chesapeake Inn", "Norfolk", "US"),
    ("Chesapeake Bay Lodge", "Annapolis", "US"),
    ("Lakeshore House", "Chicago", "US"),
    ("Plum Garden Hotel", "Shanghai", "CN"),
    ("Kamogawa Inn", "Kyoto", "JP"),
    ("Marina Terrace", "Singapore", "SG"),
    ("Hotel Neva View", "Saint Petersburg", "RU"),
    ("Table Bay Guest House", "Cape Town", "ZA"),
    ("Pousada do Sol", "Paraty", "BR"),
)
NOTES = {
    "diet": ("vegetarian", "vegan", "halal meals", "kosher meals", "no gluten: coeliac disease"),
    "allergy": ("peanuts, carries an injector", "penicillin", "feather pillows", "shellfish"),
    "mobility": ("wheelchair, needs a lift", "cannot climb stairs after an operation", "walks with a frame"),
    "medicine": ("insulin, needs a refrigerator", "dialysis every second day", "oxygen at night"),
}
TICKETS = (
    ("Change of dates", "Please move my stay by two days."),
    ("Refund", "The hotel was closed; I want my money back."),
    ("Invoice", "I need an invoice with my firm's address."),
    ("Name on ticket", "My name is misspelt, see passport."),
    ("Lost property", "I left my glasses in the room."),
    ("Cannot log in", "The app does not accept my password."),
)
Rows = dict[str, list[tuple[Any, ...]]]  # rows by table; SQLite takes numbers, text and None


@dataclass(frozen=True)
class Pool:
    """Names and addresses as people of one country have them, drawn from again and again, since Faker is slow."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[str, ...]
    postcodes: tuple[str, ...]
    phones: tuple[str, ...]


def make_pool(country: str) -> Pool:
    """The pool of a country, always the same under one version of Faker."""
    fake, plain = Faker(LOCALES.get(country, "en_GB")), Faker("en_GB")
    for one in (fake, plain):
        one.seed_instance(f"{SEED}/{country}")

    def draw(name: str, number: int) -> tuple[str, ...]:
        method = getattr(fake, name, None) or getattr(plain, name)  # Faker knows no telephone numbers of some countries
        return tuple(str(method()).replace("\n", ", ") for _ in range(number))

    return Pool(
        first=draw("first_name", 100),
        last=draw("last_name", 100),
        streets=draw("street_address", 60),
        cities=TOWNS.get(country) or draw("city", 50),
        postcodes=draw("postcode", 50),
        phones=draw("phone_number", 60),
    )


def on(rng: random.Random, start: dt.date, end: dt.date) -> dt.date:
    """A day between two others, both inclusive."""
    return start + dt.timedelta(days=rng.randrange((end - start).days + 1))


def at(rng: random.Random, day: dt.date) -> str:
    """An instant on a day, as text in UTC."""
    return f"{day.isoformat()}T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}Z"


class Maker:
    """Draws the rows of all tables. One generator decides what exists, another one what it is called."""

    def __init__(self, seed: int, share: float = 1.0) -> None:
        self.share = share
        self.rng = random.Random(seed)
        self.names = random.Random(seed + 1)
        self.pools = {country: make_pool(country) for weights in WEIGHTS.values() for country in weights}
        self.rows: Rows = {}

    def add(self, table: str, *values: object) -> None:
        """Add a row whose values are all given."""
        self.rows.setdefault(table, []).append(values)

    def add_new(self, table: str, *values: object) -> int:
        """Add a row under the next number, from 1, and give the number."""
        rows = self.rows.setdefault(table, [])
        rows.append((len(rows) + 1, *values))
        return len(rows)

    def make(self) -> Rows:
        """All rows of all tables."""
        for id_, (name, country) in COMPANIES.items():
            self.add("company", id_, name, country)
        for hotel in HOTELS:
            self.add_new("hotel", *hotel)
        for (company, country), number in STAFF.items():
            for _ in range(number):
                self.make_staff(company, country)
        for company, total in N_CUSTOMERS.items():
            weights = WEIGHTS[company]
            for country in self.rng.choices(list(weights), list(weights.values()), k=round(total * self.share)):
                self.make_customer(company, country)
        return self.rows

    def make_staff(self, company: str, country: str) -> None:
        """One of the staff, with the pay."""
        rng, pool = self.rng, self.pools[country]
        job = rng.choice(list(JOBS))
        low, high = JOBS[job]
        currency = CURRENCIES.get(country, "EUR")
        pay = rng.randint(low * 10, high * 10) * (420 if currency == "CNY" else 100)
        hired = on(rng, dt.date(2014, 3, 1), COUNTED).isoformat()
        first, last = self.names.choice(pool.first), self.names.choice(pool.last)
        mail = f"staff{len(self.rows.get('staff', ())) + 1}@example.org"
        self.add_new("staff", company, first, last, mail, country, job, pay, currency, hired)

    def make_customer(self, company: str, country: str) -> None:
        """A customer with all that hangs on one."""
        rng, names, pool = self.rng, self.names, self.pools[country]
        joined = on(rng, dt.date(2019, 1, 1), COUNTED - dt.timedelta(days=3))
        nationality = country if rng.random() < 0.94 else rng.choice(list(LOCALES))
        born = on(rng, dt.date(1938, 1, 1), dt.date(2007, 12, 31)).isoformat()
        first, last = names.choice(pool.first), names.choice(pool.last)
        mail = f"customer{len(self.rows.get('customer', ())) + 1}@example.com"
        reach = (mail, names.choice(pool.phones), names.choice(pool.streets))
        town = (names.choice(pool.postcodes), names.choice(pool.cities), country)
        wants = int(rng.random() < 0.58)
        who = self.add_new(
            "customer", company, first, last, *reach, *town, born, nationality, joined.isoformat(), wants
        )
        if rng.random() < 0.62:
            self.make_document(who, nationality)
        if rng.random() < 0.11:
            kind = rng.choice(list(NOTES))
            self.add_new("traveller_note", who, kind, rng.choice(NOTES[kind]))
        if rng.random() < 0.35:
            tier = rng.choices(("blue", "silver", "gold"), (80, 15, 5))[0]
            self.add("loyalty", who, f"HT{who:08}", tier, rng.randrange(0, 90_000))
        self.make_bookings(who, country, joined)
        if rng.random() < 0.08:
            self.make_ticket(who, joined)
        if rng.random() < (0.74 if country in ("CN", "US") else 0.31):
            self.make_device(who, country, joined)

    def make_document(self, who: int, nationality: str) -> None:
        """A passport or identity card; some come with a template of the face for self check-in."""
        rng = self.rng
        kind = "passport" if rng.random() < 0.8 else "identity card"
        number = "".join(rng.choices(string.ascii_uppercase, k=2) + rng.choices(string.digits, k=7))
        face = f"{rng.getrandbits(256):064x}" if rng.random() < 0.06 else None
        expires = on(rng, COUNTED, dt.date(2036, 10, 31)).isoformat()
        self.add_new("travel_document", who, kind, number, nationality, expires, face)

    def make_bookings(self, who: int, country: str, joined: dt.date) -> None:
        """Up to four bookings with their payments; nearly everybody booked in the last twelve months."""
        rng = self.rng
        recent = max(joined, COUNTED - dt.timedelta(days=364))
        for number in range(rng.choices((1, 2, 3, 4), (62, 24, 10, 4))[0]):
            booked = on(rng, recent if number == 0 and rng.random() < 0.86 else joined, COUNTED - dt.timedelta(days=1))
            starts = booked + dt.timedelta(days=rng.randrange(1, 200))
            status = "cancelled" if rng.random() < 0.06 else "travelled" if starts < COUNTED else "confirmed"
            hotel, nights = rng.randint(1, len(HOTELS)), rng.randint(1, 14)
            booking = self.add_new("booking", who, hotel, at(rng, booked), starts.isoformat(), nights, status)
            method = rng.choices(("card", "bank transfer", "wallet"), (78, 9, 13))[0]
            card = f"**** **** **** {rng.randrange(10_000):04}" if method == "card" else None
            result = "refunded" if status == "cancelled" else "refused" if rng.random() < 0.02 else "paid"
            amount, currency = nights * rng.randint(6_000, 24_000), CURRENCIES.get(country, "EUR")
            self.add_new("payment", booking, method, card, amount, currency, at(rng, booked), result)

    def make_ticket(self, who: int, joined: dt.date) -> None:
        """A question to the support desk."""
        rng = self.rng
        subject, body = rng.choice(TICKETS)
        opened = at(rng, on(rng, joined, COUNTED - dt.timedelta(days=1)))
        staff = rng.randint(1, sum(STAFF.values())) if rng.random() < 0.9 else None
        self.add_new("ticket", who, staff, opened, rng.choice(("mail", "app", "telephone")), subject, body)

    def make_device(self, who: int, country: str, joined: dt.date) -> None:
        """A device with the app; nine of ten let the app know where they are."""
        rng = self.rng
        installed = on(rng, joined, COUNTED - dt.timedelta(days=2))
        mark = f"{rng.getrandbits(128):032x}"
        device = self.add_new("device", who, rng.choice(("Android", "iOS")), mark, installed.isoformat())
        if rng.random() < 0.9:
            north, east = MIDDLES.get(country, (48.0, 9.0))
            first = max(installed, dt.date(2025, 6, 1))
            for day in sorted({on(rng, first, COUNTED - dt.timedelta(days=1)) for _ in range(3)}):
                where = (round(north + rng.gauss(0, 2), 5), round(east + rng.gauss(0, 3), 5), rng.randint(3, 25))
                self.add("device_location", device, at(rng, day), *where)


def write_database(path: Path, *, seed: int = SEED, share: float = 1.0) -> None:
    """Write the database anew; whatever stood at the path is replaced.

    Args:
        share: the part of the customers to make, for a quick look.
    """
    rows = Maker(seed, share).make()
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript((HERE / "schema.sql").read_text(encoding="utf-8"))
        for table, found in rows.items():
            marks = ", ".join("?" * len(found[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", found)  # noqa: S608 - names of our own


# --- the people of the map


@dataclass(frozen=True)
class PeopleSet:
    """A set of persons of the map and the question to the database that counts it.

    Attributes:
        query: gives place and number of persons; `:first_day` is the first day of the window.
        devices: the same for their devices, where a law counts those; empty: none does.
    """

    id: str
    of: str
    window: str
    means: str
    query: str
    apart_from: tuple[str, ...] = ()
    devices: str = ""


ADDRESS = "HARBOUR_DB"  # the variable of the environment that says where the database is: sqlite:///harbour.sqlite
_NOTE = "JOIN traveller_note n ON n.customer = c.id"
_PAID = "JOIN booking b ON b.customer = c.id JOIN payment p ON p.booking = b.id AND p.paid_at >= :first_day"
_SEEN = "JOIN device d ON d.customer = c.id JOIN device_location l ON l.device = d.id AND l.seen_at >= :first_day"
_FIRST_DAY = {"12-months": dt.date(2025, 11, 1), "calendar-year": dt.date(2026, 1, 1)}


def customers_of(company: str, join: str = "", country: str = "", *, what: str = "c") -> str:
    """A question to the database: how many customers of a company (or what is joined to them) stand in each country?"""
    where = f"c.company = '{company}'" + (f" AND c.country = '{country}'" if country else "")
    select = f"SELECT c.country, COUNT(DISTINCT {what}.id) FROM customer c {join}"  # noqa: S608 - names of our own
    return f"{select} WHERE {where} GROUP BY c.country"


SETS = (
    PeopleSet(
        "customers",
        "harbour-bv",
        "held",
        "everybody in the booking database of the Dutch company",
        customers_of("harbour-bv"),
        apart_from=("cn-travellers", "staff"),
    ),
    PeopleSet(
        "guests-with-notes",
        "harbour-bv",
        "held",
        "those of them who told us about diet, allergies, mobility or medicines",
        customers_of("harbour-bv", _NOTE),
    ),
    PeopleSet(
        "ru-customers",
        "harbour-bv",
        "held",
        "those of them who live in Russia",
        customers_of("harbour-bv", country="RU"),
    ),
    PeopleSet(
        "us-app-users",
        "harbour-bv",
        "12-months",
        "those of them in the United States whose device the app located in the last twelve months",
        customers_of("harbour-bv", _SEEN, "US"),
        devices=customers_of("harbour-bv", _SEEN, "US", what="d"),
    ),
    PeopleSet(
        "cn-travellers",
        "harbour-shenzhen",
        "calendar-year",
        "travellers from China who paid for a booking this year",
        customers_of("harbour-shenzhen", _PAID),
        apart_from=("customers", "staff"),
    ),
    PeopleSet(
        "cn-app-users",
        "harbour-shenzhen",
        "calendar-year",
        "travellers from China whose device the app located this year",
        customers_of("harbour-shenzhen", _SEEN),
    ),
    PeopleSet(
        "staff",
        "harbour-bv",
        "held",
        "staff of the Dutch company",
        "SELECT country, COUNT(*) FROM staff WHERE company = 'harbour-bv' GROUP BY country",
        apart_from=("customers", "cn-travellers"),
    ),
)


def count(connection: sqlite3.Connection, query: str, window: str) -> dict[str, int]:
    """What a query counts by place, the largest number first."""
    first_day = _FIRST_DAY.get(window, dt.date.min).isoformat()
    rows = connection.execute(query, {"first_day": first_day}).fetchall()
    return dict(sorted(rows, key=lambda row: (-row[1], row[0])))


def write_counts(key: str, counts: dict[str, int]) -> Iterator[str]:
    """Counts as YAML in lines of bearable length."""
    items = [f"{place}: {number}" for place, number in counts.items()]
    for start in range(0, len(items), 10):
        opening, closing = f"  {key}: {{" if start == 0 else "    ", "}" if start + 10 >= len(items) else ","
        yield f"{opening}{', '.join(items[start : start + 10])}{closing}"


def to_people_file(path: Path) -> str:
    """The text of people.yaml, from a database."""
    lines = [
        "# Whose data Harbour holds, counted in its database by `make_database.py --write-people`.",
        "# Laws count in windows: persons held, persons of the last twelve months, persons since 1 January.",
        "people:",
    ]
    with closing(sqlite3.connect(path)) as connection:
        for people in SETS:
            counts = count(connection, people.query, people.window)
            places = f"{len(counts)} places" if len(counts) > 1 else "1 place"
            lines.append(f"# {people.means}: {sum(counts.values()):,} in {places}")
            lines += [f"- id: {people.id}", f"  of: {people.of}", f"  window: {people.window}"]
            if people.apart_from:
                lines.append(f"  apart_from: [{', '.join(people.apart_from)}]")
            if people.window not in _FIRST_DAY:  # `comity count` asks what is there, from no day on
                lines += ["  query:", f"    at: {ADDRESS}", f"    sql: {' '.join(people.query.split())}"]
            lines += [f"  counted: {COUNTED.isoformat()}", *write_counts("count", counts)]
            if people.devices:
                lines += write_counts("devices", count(connection, people.devices, people.window))
    return "\n".join(lines) + "\n"


def check_people_file(database: Path, people: Path) -> list[str]:
    """Lines in which the people file differs from the database; none where they agree."""
    wanted, found = to_people_file(database).splitlines(), people.read_text(encoding="utf-8").splitlines()
    return list(difflib.unified_diff(found, wanted, people.name, database.name, n=0, lineterm=""))


def print_countries(database: Path) -> None:
    """Print how many customers live where."""
    with closing(sqlite3.connect(database)) as connection:
        counts = Counter(dict(connection.execute("SELECT country, COUNT(*) FROM customer GROUP BY country").fetchall()))
    print(f"{sum(counts.values()):,} customers in {len(counts)} countries:")
    items = [f"{place} {number:>6,}" for place, number in counts.most_common()]
    for start in range(0, len(items), 8):
        print("  " + "   ".join(items[start : start + 8]))


def main() -> int:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description="Makes the database of the example company.")
    parser.add_argument("--check", action="store_true", help="exit code 1 if people.yaml differs from the database")
    parser.add_argument("--write-people", action="store_true", help="write people.yaml from the database")
    parser.add_argument("--database", type=Path, default=DATABASE, metavar="FILE", help="another file for the database")
    parser.add_argument("--share", type=float, default=1.0, help="the part of the customers to make (0.1: a tenth)")
    arguments = parser.parse_args()
    database: Path = arguments.database
    if not database.exists() or not (arguments.check or arguments.write_people):
        started = time.perf_counter()
        write_database(database, share=arguments.share)
        print(f"Wrote {database.name} in {time.perf_counter() - started:.1f} s.")
        print_countries(database)
    if arguments.write_people:
        PEOPLE.write_text(to_people_file(database), encoding="utf-8", newline="\n")
        print(f"Wrote {PEOPLE.name}.")
    if arguments.check:
        differences = check_people_file(database, PEOPLE)
        print("\n".join(differences) or f"The counts in {PEOPLE.name} are those of the database.")
        return 1 if differences else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
