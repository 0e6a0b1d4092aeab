"""A new pack to start from: files that read, lint and agree, with notes on what to write."""

from __future__ import annotations

import datetime as dt
import re

from comity.errors import ComityError, did_you_mean
from comity.facts import Vocabulary

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")

_PACK = """\
# What this pack is. How packs are written: docs/write-a-pack.md
pack: {id}
title: {title}                     # the law and what of it is here
party: {party}
binding: law                       # or commitment: a political promise
places: [{places}]                 # where it is the law of the land
keeper: {party} privacy law editor # a role
read_day: {day}                    # the day on which you last read the sources
next_read_day: {next}
review: not yet reviewed by counsel
sources:                           # the official text, with the day on which you read it
- {{id: act, title: The act, url: "https://example.org/act", read_day: {day}}}
not_modelled:                      # what you left out, a line each
- everything but the two clauses of this first draft
"""

_CLAUSES = """\
covers:                            # any other kind of case, or day, is not modelled
- {{about: [transfer], first_day: {day}}}
scope: data.personal && at_home    # false: the law does not reach the case
terms:                             # the law's own words, as conditions
  at_home: "holder.establishments.exists(p, p in {place})"
clauses:                           # in the order of the statute
- id: art-1
  cite: Act Art. 1
  source: act
  says: Personal data go to another person abroad only as Article 2 says.
  forbids: "!(recipient.country in {place}) && flow.separate"
- id: art-2-contract
  cite: Act Art. 2
  source: act
  says: A contract that obliges the recipient to comparable protection suffices.
  excuses: [art-1]
  needs: [comparable-protection-contract]
"""

_CASES = """\
# Worked cases: facts as the story has them, then what the authority, the court or the text says.
- name: own-contract
  title: A company sends customer data to a vendor abroad under such a contract
  source: Act Art. 2
  kind: own                        # official, adapted, own
  case: transfer
  day: {day}
  given: {{holder.country: {place}, recipient.country: {other}, data.personal: true}}
  measures: {{comparable-protection-contract: in-place}}
  expect: {{verdict: allowed, because: [art-1, art-2-contract]}}
- name: own-no-contract
  title: The same without a contract
  source: Act Art. 1
  kind: own
  case: transfer
  day: {day}
  given: {{holder.country: {place}, recipient.country: {other}, data.personal: true}}
  expect: {{verdict: conditional, because: [art-1, art-2-contract]}}
- name: own-at-home
  title: The vendor is at home
  source: Act Art. 1
  kind: own
  case: transfer
  day: {day}
  given: {{holder.country: {place}, recipient.country: {place}, data.personal: true}}
  expect: {{verdict: allowed, clauses: {{art-1: silent}}}}
"""


def new_pack(id_: str, vocabulary: Vocabulary, day: dt.date) -> dict[str, str]:
    """The files of a new pack, by their path below its folder.

    Args:
        id_: `party/subject`; the party is a place of the vocabulary in lower case, such as `nz` or `ca-qc`.
        vocabulary: the known places.
        day: the day of writing.

    Raises:
        ComityError: the id is malformed, or its party is no place.
    """
    if not _ID.fullmatch(id_):
        raise ComityError(
            f"`{id_}` is no id of a pack; write it as party/subject in lower case, such as nz/personal-data"
        )
    party = id_.split("/", maxsplit=1)[0].upper()
    if party not in vocabulary.place:
        known = [p.lower() for p in vocabulary.place]
        hint = did_you_mean(party.lower(), known) or "codes are those of ISO 3166, such as `nz`"
        raise ComityError(f"`{party.lower()}` is no place of the vocabulary; {hint}")
    values = {
        "id": id_,
        "title": f"{vocabulary.place[party].name}, {id_.split('/')[1].replace('-', ' ')}",
        "party": party,
        "places": party,
        "place": party.replace("-", "_"),
        "other": "FR" if party != "FR" else "DE",
        "day": day.isoformat(),
        "next": (day + dt.timedelta(days=90)).isoformat(),
    }
    given = {**values, "place": party}
    return {
        "pack.yaml": _PACK.format(**values),
        "clauses.yaml": _CLAUSES.format(**values),
        "cases/own.yaml": _CASES.format(**given),
    }
