-- The database of Harbour Travel, an online travel company that exists only here. Every person in it is invented.
PRAGMA foreign_keys = ON;

-- The legal persons of the group that sell travel. Law binds persons, so every customer belongs to one of them.
CREATE TABLE company (
  id         TEXT PRIMARY KEY,
  legal_name TEXT NOT NULL,
  country    TEXT NOT NULL            -- ISO 3166-1 code
);

-- Who books. `country` is where the customer lives, `nationality` what the passport says; they differ for some.
CREATE TABLE customer (
  id              INTEGER PRIMARY KEY,
  company         TEXT NOT NULL REFERENCES company (id),
  first_name      TEXT NOT NULL,
  last_name       TEXT NOT NULL,
  email           TEXT NOT NULL UNIQUE,
  phone           TEXT NOT NULL,
  street          TEXT NOT NULL,
  postcode        TEXT NOT NULL,
  city            TEXT NOT NULL,
  country         TEXT NOT NULL,
  born_day        TEXT NOT NULL,
  nationality     TEXT NOT NULL,
  joined_day      TEXT NOT NULL,
  wants_marketing INTEGER NOT NULL    -- 0 or 1
);
CREATE INDEX customer_by_country ON customer (company, country);

-- Passports and identity cards, kept for flights and for hotels that must register their guests.
CREATE TABLE travel_document (
  id            INTEGER PRIMARY KEY,
  customer      INTEGER NOT NULL REFERENCES customer (id),
  kind          TEXT NOT NULL CHECK (kind IN ('passport', 'identity card')),
  number        TEXT NOT NULL,
  issued_by     TEXT NOT NULL,
  expires_day   TEXT NOT NULL,
  face_template TEXT                  -- for self check-in at the airport; most customers have none
);
CREATE INDEX document_by_customer ON travel_document (customer);

-- What a traveller told us so that the trip works: much of it is data on health or belief.
CREATE TABLE traveller_note (
  id       INTEGER PRIMARY KEY,
  customer INTEGER NOT NULL REFERENCES customer (id),
  kind     TEXT NOT NULL CHECK (kind IN ('diet', 'allergy', 'mobility', 'medicine')),
  note     TEXT NOT NULL
);
CREATE INDEX note_by_customer ON traveller_note (customer);

CREATE TABLE loyalty (
  customer INTEGER PRIMARY KEY REFERENCES customer (id),
  number   TEXT NOT NULL UNIQUE,
  tier     TEXT NOT NULL CHECK (tier IN ('blue', 'silver', 'gold')),
  points   INTEGER NOT NULL
);

CREATE TABLE hotel (
  id      INTEGER PRIMARY KEY,
  name    TEXT NOT NULL,
  city    TEXT NOT NULL,
  country TEXT NOT NULL
);

CREATE TABLE booking (
  id        INTEGER PRIMARY KEY,
  customer  INTEGER NOT NULL REFERENCES customer (id),
  hotel     INTEGER NOT NULL REFERENCES hotel (id),
  booked_at TEXT NOT NULL,
  from_day  TEXT NOT NULL,
  nights    INTEGER NOT NULL,
  status    TEXT NOT NULL CHECK (status IN ('confirmed', 'travelled', 'cancelled'))
);
CREATE INDEX booking_by_customer ON booking (customer);

-- Card numbers are masked before they reach this table.
CREATE TABLE payment (
  id       INTEGER PRIMARY KEY,
  booking  INTEGER NOT NULL REFERENCES booking (id),
  method   TEXT NOT NULL,
  card     TEXT,
  amount   INTEGER NOT NULL,          -- in hundredths of the currency
  currency TEXT NOT NULL,
  paid_at  TEXT NOT NULL,
  result   TEXT NOT NULL CHECK (result IN ('paid', 'refused', 'refunded'))
);
CREATE INDEX payment_by_booking ON payment (booking);

-- Phones and tablets with the travellers' app.
CREATE TABLE device (
  id             INTEGER PRIMARY KEY,
  customer       INTEGER NOT NULL REFERENCES customer (id),
  platform       TEXT NOT NULL,
  advertising_id TEXT NOT NULL,
  installed_day  TEXT NOT NULL
);
CREATE INDEX device_by_customer ON device (customer);

-- Where a device was, to a few metres.
CREATE TABLE device_location (
  device    INTEGER NOT NULL REFERENCES device (id),
  seen_at   TEXT NOT NULL,
  latitude  REAL NOT NULL,
  longitude REAL NOT NULL,
  metres    INTEGER NOT NULL,         -- accuracy
  PRIMARY KEY (device, seen_at)
) WITHOUT ROWID;

CREATE TABLE staff (
  id         INTEGER PRIMARY KEY,
  company    TEXT NOT NULL REFERENCES company (id),
  first_name TEXT NOT NULL,
  last_name  TEXT NOT NULL,
  email      TEXT NOT NULL UNIQUE,
  country    TEXT NOT NULL,
  job        TEXT NOT NULL,
  salary     INTEGER NOT NULL,        -- a year, in whole units of the currency
  currency   TEXT NOT NULL,
  hired_day  TEXT NOT NULL
);

CREATE TABLE ticket (
  id        INTEGER PRIMARY KEY,
  customer  INTEGER NOT NULL REFERENCES customer (id),
  staff     INTEGER REFERENCES staff (id),   -- empty while nobody has taken it
  opened_at TEXT NOT NULL,
  channel   TEXT NOT NULL,
  subject   TEXT NOT NULL,
  body      TEXT NOT NULL
);
CREATE INDEX ticket_by_customer ON ticket (customer);
