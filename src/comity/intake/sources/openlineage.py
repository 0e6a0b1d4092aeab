"""Data sources and what flows between them, from OpenLineage events: a log of lines, a list, or a folder of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comity.errors import Problems, Span
from comity.facts import Vocabulary
from comity.intake.found import Finding, Found, Told
from comity.intake.sources.files import File, Values, files_in, read_json_values
from comity.intake.sources.hosts import Site, short_name, site_of, told_place
from comity.intake.sources.kinds import kinds_in, told_kinds

ENDINGS = (".json", ".jsonl", ".ndjson", ".log")
FAILED = frozenset({"FAIL", "ABORT"})
_BY_PROJECT = frozenset({"bigquery", "pubsub"})  # one namespace for all; the project is the first part of the name


@dataclass(slots=True)
class _Run:
    """What one run of a job, or a job that tells its datasets itself, reads and writes; datasets by their index."""

    job: str
    inputs: set[int] = field(default_factory=set)
    outputs: set[int] = field(default_factory=set)
    states: set[str] = field(default_factory=set)
    first_at: str = ""
    last_at: str = ""
    span: Span = field(default_factory=lambda: Span(""))


@dataclass(slots=True)
class _Dataset:
    name: str
    site: Site
    kinds: frozenset[str] = frozenset()
    span: Span = field(default_factory=lambda: Span(""))


@dataclass(slots=True)
class _Flow:
    jobs: dict[str, None] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    n_runs: int = 0
    n_failed: int = 0
    days: list[str] = field(default_factory=list)
    span: Span = field(default_factory=lambda: Span(""))


def read_openlineage(path: Path, *, shown: str, owner: str, vocabulary: Vocabulary) -> Found:
    """Read events of runs, jobs and datasets: one system for each data source, one flow for each pair of them.

    What the events of one run tell is taken together, and runs are counted once. Where a system stands is taken from
    the region in its name, or from the address in the facet `dataSource`; the name of a bucket or account says nothing.

    Args:
        path: a file or a folder (names that end in .json, .jsonl, .ndjson or .log).
        shown: the name that problems show.
        owner: id of the entity for which the systems are taken to be run.
        vocabulary: the known kinds of data.

    Raises:
        InputError: a file is no JSON, is cut off, or holds events of another form.
    """
    reader = _Reader(Finding(f"openlineage {shown}", owner), vocabulary)
    reader.read(files_in(path, shown, ENDINGS, reader.finding.remark))
    return reader.found()


@dataclass(slots=True)
class _Reader:
    finding: Finding
    vocabulary: Vocabulary
    problems: Problems = field(default_factory=Problems)
    runs: dict[tuple[str, str], _Run] = field(default_factory=dict)
    datasets: list[_Dataset] = field(default_factory=list)
    index: dict[tuple[str, str], int] = field(default_factory=dict)
    unclear: set[tuple[str, str]] = field(default_factory=set)

    def read(self, files: tuple[File, ...]) -> None:
        """Take in all events of some files."""
        for file in files:
            values = Values(file.shown, self.problems)
            n_events = 0
            for event, line in read_json_values(file, self.problems):
                span = Span(file.shown, line, 1)
                if not isinstance(event, dict) or not ({"job", "dataset"} & event.keys()):
                    help_ = "an event has `job` or `dataset` (openlineage.io)"
                    self.problems.add("missing-key", "this is no event of OpenLineage", span, help=help_)
                    if len(self.problems.found) > 100:
                        self.problems.stop()
                    continue
                n_events += 1
                self._event(event, f"$[line {line}]", values, span)
            if not n_events and not self.problems.found:
                self.finding.remark("no-events", f"`{file.shown}` holds no events", Span(file.shown))
        self.problems.require_none()

    def _event(self, event: dict[str, Any], where: str, values: Values, span: Span) -> None:
        if isinstance(event.get("dataset"), dict):
            self._dataset(event["dataset"], f"{where}.dataset", values, span)
        job = values.mapping(event.get("job"), f"{where}.job")
        if not job:
            return
        name = "/".join(values.text(job.get(key), f"{where}.job.{key}") for key in ("namespace", "name"))
        run_id = values.text(values.mapping(event.get("run"), f"{where}.run").get("runId"), f"{where}.run.runId")
        run = self.runs.get((name, run_id))
        if run is None:
            run = self.runs[name, run_id] = _Run(name, span=span)
        run.states.add(values.text(event.get("eventType"), f"{where}.eventType").upper())
        at = values.text(event.get("eventTime"), f"{where}.eventTime")
        day = _day(at)
        if day:
            run.first_at = min(run.first_at or day, day)
            run.last_at = max(run.last_at, day)
        for key, side in (("inputs", run.inputs), ("outputs", run.outputs)):
            for i, dataset in enumerate(values.items(event.get(key), f"{where}.{key}")):
                at = f"{where}.{key}[{i}]"
                number = self._dataset(values.mapping(dataset, at), at, values, span)
                if number is not None:
                    side.add(number)

    def _dataset(self, raw: dict[str, Any], where: str, values: Values, span: Span) -> int | None:
        namespace = values.text(raw.get("namespace"), f"{where}.namespace")
        name = values.text(raw.get("name"), f"{where}.name")
        if not namespace:
            self.problems.add("missing-key", f"`{where}` needs `namespace`", span)
            return None
        number = self.index.get((namespace, name))
        if number is None:
            number = self.index[namespace, name] = len(self.datasets)
            self.datasets.append(_Dataset(name, _site(namespace, name), span=span))
        facets = raw.get("facets")
        if facets:
            self._facets(
                self.datasets[number], values.mapping(facets, f"{where}.facets"), f"{where}.facets", values, span
            )
        return number

    def _facets(self, dataset: _Dataset, facets: dict[str, Any], where: str, values: Values, span: Span) -> None:
        source = values.mapping(facets.get("dataSource"), f"{where}.dataSource")
        if source.get("uri") and not dataset.site.region:
            region = site_of(values.text(source["uri"], f"{where}.dataSource.uri")).region
            dataset.site = Site(dataset.site.ref, region)
        tags = list(values.items(values.mapping(facets.get("tags"), f"{where}.tags").get("tags"), f"{where}.tags.tags"))
        fields = values.mapping(facets.get("schema"), f"{where}.schema").get("fields")
        tags += _field_tags(values.items(fields, f"{where}.schema.fields"))
        if not tags:
            return

        def unclear(code: str, text: str) -> None:
            if (code, text) not in self.unclear:
                self.unclear.add((code, text))
                self.finding.remark(code, f"{text} (`{dataset.name}`)", span)

        meta = [{str(tag["key"]): tag.get("value", True)} for tag in tags if isinstance(tag, dict) and "key" in tag]
        words = [tag for tag in tags if isinstance(tag, str)]
        # A tag without a value of its own, such as {key: pii, value: pii}, is a word.
        words += [key for each in meta for key, value in each.items() if value in (True, "", "true", key)]
        for each in meta:
            dataset.kinds |= kinds_in(each, (), self.vocabulary, unclear)
        dataset.kinds |= kinds_in({}, words, self.vocabulary, unclear)

    # --- what comes of them

    def found(self) -> Found:
        """Systems and flows of all that was read."""
        held: dict[str, list[_Dataset]] = {}
        for dataset in self.datasets:
            held.setdefault(dataset.site.ref, []).append(dataset)
        for ref, datasets in held.items():
            kinds = told_kinds({kind for each in datasets for kind in each.kinds}, self.vocabulary)
            regions = sorted({each.site.region for each in datasets if each.site.region})
            told: dict[str, Told] = {"name": ref, "place": told_place(regions), "run_by": self.finding.owner}
            if kinds:
                told["holds"] = ({"data": kinds},)
            self.finding.add("systems", ref, short_name(ref), told, datasets[0].span)
        for (start, end), flow in self._flows().items():
            self._add_flow(start, end, flow)
        return self.finding.found()

    def _flows(self) -> dict[tuple[str, str], _Flow]:
        flows: dict[tuple[str, str], _Flow] = {}
        for run in self.runs.values():
            inputs = _by_site(self.datasets[i] for i in sorted(run.inputs))
            outputs = _by_site(self.datasets[i] for i in sorted(run.outputs))
            for start, from_ in inputs.items():
                for end, to in outputs.items():
                    if start == end:
                        continue
                    flow = flows.setdefault((start, end), _Flow(span=run.span))
                    flow.jobs.setdefault(run.job)
                    flow.kinds.update(from_ or to)
                    flow.n_runs += 1
                    flow.n_failed += bool(run.states & FAILED) and "COMPLETE" not in run.states
                    flow.days += [day for day in (run.first_at, run.last_at) if day]
        return flows

    def _add_flow(self, start: str, end: str, flow: _Flow) -> None:
        ids = [self.finding.id_of("systems", ref) or "" for ref in (start, end)]
        told: dict[str, Told] = {"from": ids[0], "to": ids[1]}
        kinds = told_kinds(flow.kinds, self.vocabulary)
        if kinds:
            told["data"] = kinds
        # The log does not say since when there is a flow, only when it was seen.
        id_ = self.finding.add("flows", f"{start} -> {end}", f"{ids[0]} to {ids[1]}", told, flow.span)
        times = "once" if flow.n_runs == 1 else f"{flow.n_runs} times"
        days = f", from {min(flow.days)} to {max(flow.days)}" if flow.days else ""
        jobs = ", ".join(f"`{job}`" for job in list(flow.jobs)[:3]) + (" ..." if len(flow.jobs) > 3 else "")
        self.finding.remark("seen", f"`{id_}` was seen {times}{days}, by {jobs}", flow.span)
        if flow.n_failed == flow.n_runs:
            self.finding.remark("only-failed", f"`{id_}` is known only from runs that failed", flow.span)


def _site(namespace: str, name: str) -> Site:
    site = site_of(namespace)
    if site.ref not in _BY_PROJECT:
        return site
    parts = name.split(":" if site.ref == "pubsub" else ".")  # topic:project:name, project.dataset.table
    at = 1 if site.ref == "pubsub" else 0
    return Site(f"{site.ref} {parts[at]}" if len(parts) > at else site.ref, "")


def _by_site(datasets: Iterator[_Dataset]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for dataset in datasets:
        found.setdefault(dataset.site.ref, set()).update(dataset.kinds)
    return found


def _field_tags(fields: list[Any]) -> Iterator[Any]:
    """Tags that stand at the fields of a schema, nested ones too."""
    open_ = list(fields)
    while open_:
        each = open_.pop()
        if isinstance(each, dict):
            tags = each.get("tags")
            yield from tags if isinstance(tags, list) else ()
            inner = each.get("fields")
            open_ += inner if isinstance(inner, list) else []


def _day(at: str) -> str:
    try:
        return dt.date.fromisoformat(at[:10]).isoformat()
    except ValueError:
        return ""
